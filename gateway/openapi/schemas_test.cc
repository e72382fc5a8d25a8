#include "gateway/openapi/schemas.h"

#include "gateway/testing/kinds.pb.h"
#include "gmock/gmock.h"
#include "google/protobuf/empty.pb.h"
#include "gtest/gtest.h"
#include "mesh/base/testing/subprocess.h"
#include "simdjson.h"

namespace trellis::gateway {
namespace {

using ::testing::HasSubstr;
using testing::Kinds;
using ::testing::Not;

constexpr char kLong[] =
    R"({"type":"string","format":"int64","pattern":"^-?[0-9]+$","examples":["1"]})";
constexpr char kUnsignedLong[] =
    R"({"type":"string","format":"uint64","pattern":"^[0-9]+$","examples":["1"]})";
constexpr char kInt[] = R"({"type":"integer","format":"int32"})";
constexpr char kUnsigned[] =
    R"({"type":"integer","format":"uint32","minimum":0,"maximum":4294967295})";
constexpr char kBytes[] = R"({"type":"string","contentEncoding":"base64"})";
constexpr char kKinds[] = R"({"$ref":"#/components/schemas/trellis.gateway.testing.Kinds"})";
constexpr char kColor[] = R"({"$ref":"#/components/schemas/trellis.gateway.testing.Color"})";
constexpr char kString[] = R"({"type":"string"})";
constexpr char kBool[] = R"({"type":"boolean"})";

std::string Floating(const std::string& format) {
  return R"({"anyOf":[{"type":"number","format":")" + format +
         R"("},{"type":"string","enum":["NaN","Infinity","-Infinity"]}]})";
}

std::string List(const std::string& items) { return R"({"type":"array","items":)" + items + "}"; }

std::string Of(const std::string& field) {
  const Comments comments;
  return Schemas(comments).Of(*Kinds::descriptor()->FindFieldByName(field)).Text();
}

TEST(Schemas, OfScalars) {
  EXPECT_EQ(Of("int32_value"), kInt);
  EXPECT_EQ(Of("sint32_value"), kInt);
  EXPECT_EQ(Of("uint32_value"), kUnsigned);
  EXPECT_EQ(Of("fixed32_value"), kUnsigned);
  EXPECT_EQ(Of("int64_value"), kLong);
  EXPECT_EQ(Of("sint64_value"), kLong);
  EXPECT_EQ(Of("uint64_value"), kUnsignedLong);
  EXPECT_EQ(Of("fixed64_value"), kUnsignedLong);
  EXPECT_EQ(Of("float_value"), Floating("float"));
  EXPECT_EQ(Of("double_value"), Floating("double"));
  EXPECT_EQ(Of("bool_value"), kBool);
  EXPECT_EQ(Of("string_value"), kString);
  EXPECT_EQ(Of("bytes_value"), kBytes);
  EXPECT_EQ(Of("optional_int32"), kInt);
}

TEST(Schemas, OfMessagesAndEnumsAreReferences) {
  EXPECT_EQ(Of("nested"), kKinds);
  EXPECT_EQ(Of("color"), kColor);
  EXPECT_EQ(Of("empty"), R"({"$ref":"#/components/schemas/google.protobuf.Empty"})");
}

TEST(Schemas, OfLists) {
  EXPECT_EQ(Of("int64_list"), List(kLong));
  EXPECT_EQ(Of("bytes_list"), List(kBytes));
  EXPECT_EQ(Of("color_list"), List(kColor));
  EXPECT_EQ(Of("nested_list"), List(kKinds));
  EXPECT_EQ(Of("int32_wrapper_list"), List(kInt));
}

TEST(Schemas, OfMaps) {
  EXPECT_EQ(Of("string_map"), R"({"type":"object","additionalProperties":{"type":"string"}})");
  EXPECT_EQ(Of("nested_map"),
            std::string(R"({"type":"object","propertyNames":{"pattern":"^-?[0-9]+$"},)") +
                R"("additionalProperties":)" + kKinds + "}");
  EXPECT_EQ(Of("bool_map"),
            std::string(R"({"type":"object","propertyNames":{"enum":["true","false"]},)") +
                R"("additionalProperties":)" + kLong + "}");
  EXPECT_EQ(Of("value_map"), R"({"type":"object","additionalProperties":{}})");
  EXPECT_EQ(Of("color_map"),
            std::string(R"({"type":"object","propertyNames":{"pattern":"^[0-9]+$"},)") +
                R"("additionalProperties":)" + kColor + "}");
}

TEST(Schemas, OfWellKnownTypes) {
  EXPECT_EQ(Of("timestamp"), R"({"type":"string","format":"date-time"})");
  EXPECT_EQ(Of("duration"),
            R"({"type":"string","pattern":"^-?[0-9]+(\\.[0-9]{1,9})?s$","examples":["1.5s"]})");
  EXPECT_EQ(Of("field_mask"), R"({"type":"string","examples":["name,address.street"]})");
  EXPECT_EQ(Of("struct_value"), R"({"type":"object"})");
  EXPECT_EQ(Of("any_value"), "{}");
  EXPECT_EQ(Of("list_value"), R"({"type":"array","items":{}})");
  EXPECT_EQ(Of("any"), R"({"type":"object","properties":{"@type":{"type":"string"}}})");
  EXPECT_EQ(Of("null_value"), R"({"type":"null"})");
  EXPECT_EQ(Of("timestamp_list"), List(R"({"type":"string","format":"date-time"})"));
}

TEST(Schemas, OfWrappersAreThoseOfTheirValues) {
  EXPECT_EQ(Of("bool_wrapper"), kBool);
  EXPECT_EQ(Of("int32_wrapper"), kInt);
  EXPECT_EQ(Of("int64_wrapper"), kLong);
  EXPECT_EQ(Of("uint32_wrapper"), kUnsigned);
  EXPECT_EQ(Of("uint64_wrapper"), kUnsignedLong);
  EXPECT_EQ(Of("float_wrapper"), Floating("float"));
  EXPECT_EQ(Of("double_wrapper"), Floating("double"));
  EXPECT_EQ(Of("string_wrapper"), kString);
  EXPECT_EQ(Of("bytes_wrapper"), kBytes);
}

class ComponentsTest : public ::testing::Test {
 protected:
  // The component at a JSON pointer, as text.
  std::string At(const std::string& pointer) {
    json_ = schemas_.Components().Text();
    simdjson::dom::element element;
    if (parser_.parse(json_).at_pointer(pointer).get(element)) return "(nothing)";
    return simdjson::minify(element);
  }

  const Comments comments_ =
      Comments::Parse(base::testing::ReadFile(TRELLIS_KINDS_DESCRIPTORS)).value();
  Schemas schemas_{comments_};
  std::string json_;
  simdjson::dom::parser parser_;
};

TEST_F(ComponentsTest, HaveTheJsonNamesOfTheFields) {
  (void)schemas_.Of(*Kinds::descriptor());
  EXPECT_EQ(At("/trellis.gateway.testing.Kinds/properties/int64List"), List(kLong));
  EXPECT_EQ(At("/trellis.gateway.testing.Kinds/properties/otherName"), kString);
  EXPECT_EQ(At("/trellis.gateway.testing.Kinds/properties/renamed"), "(nothing)");
  EXPECT_EQ(At("/trellis.gateway.testing.Kinds/description"),
            "\"Every kind of field that there is.\"");
  EXPECT_EQ(At("/google.protobuf.Empty/type"), "\"object\"");
  EXPECT_EQ(At("/google.protobuf.Empty/properties"), "(nothing)");
}

TEST_F(ComponentsTest, HaveTheCommentsOfFields) {
  (void)schemas_.Of(*testing::Lookup::descriptor());
  EXPECT_EQ(At("/trellis.gateway.testing.Lookup/properties/id"),
            R"({"type":"string","description":"Of the thing."})");
}

TEST_F(ComponentsTest, OfEnumsHaveNamesAndTheirComments) {
  (void)schemas_.Of(*testing::Lookup::descriptor());
  EXPECT_EQ(At("/trellis.gateway.testing.Color"),
            R"({"type":"string","enum":["COLOR_UNSPECIFIED","RED","GREEN","MINUS"],"description":)"
            R"("What it looks like.\n\n- `RED`: Like a rose,\n  or a fire."})");
}

TEST_F(ComponentsTest, OfAOneofExcludeTwoOfItsFields) {
  (void)schemas_.Of(*Kinds::descriptor());
  const std::string pairs = At("/trellis.gateway.testing.Kinds/not/anyOf");
  EXPECT_THAT(pairs, HasSubstr(R"({"required":["choiceString","choiceInt64"]})"));
  EXPECT_THAT(pairs, HasSubstr(R"({"required":["choiceNested","choiceNull"]})"));
  EXPECT_THAT(pairs, Not(HasSubstr("optionalInt32"))) << "a synthetic oneof is none";
}

TEST_F(ComponentsTest, OfResponsesRequireWhatIsAlwaysWritten) {
  (void)schemas_.Of(*Kinds::descriptor());
  const std::string required = At("/trellis.gateway.testing.Kinds/required");
  EXPECT_THAT(required, HasSubstr("\"int32Value\""));
  EXPECT_THAT(required, HasSubstr("\"stringMap\""));
  EXPECT_THAT(required, Not(HasSubstr("\"optionalInt32\"")));
  EXPECT_THAT(required, Not(HasSubstr("\"nested\"")));
  EXPECT_THAT(required, Not(HasSubstr("\"choiceString\"")));
}

TEST_F(ComponentsTest, OfRequestsRequireNothing) {
  (void)schemas_.Of(*testing::TaskList::descriptor());
  EXPECT_EQ(At("/trellis.gateway.testing.TaskList/required"), R"(["tasks"])");
  schemas_.AddRequest(*testing::TaskList::descriptor());
  EXPECT_EQ(At("/trellis.gateway.testing.TaskList/required"), "(nothing)");
  EXPECT_EQ(At("/trellis.gateway.testing.Task/required"), "(nothing)") << "within a request";
}

TEST_F(ComponentsTest, OfAStyleHaveItsNamesAndNumbers) {
  (void)schemas_.Of(*Kinds::descriptor(), {.proto_names = true, .numeric_int64 = true});
  (void)schemas_.Of(*Kinds::descriptor(), {.proto_names = true, .numeric_int64 = false});
  const std::string both = "/trellis.gateway.testing.Kinds.proto_names.numeric_int64";
  EXPECT_EQ(At(both + "/properties/int64_value"), R"({"type":"integer","format":"int64"})");
  EXPECT_EQ(At(both + "/properties/uint64_value"),
            R"({"type":"integer","format":"uint64","minimum":0})");
  EXPECT_EQ(At(both + "/properties/int64_wrapper"), R"({"type":"integer","format":"int64"})");
  EXPECT_EQ(At(both + "/properties/bool_map/additionalProperties"),
            R"({"type":"integer","format":"int64"})");
  EXPECT_EQ(At(both + "/properties/nested/$ref"),
            "\"#/components/schemas/trellis.gateway.testing.Kinds.proto_names.numeric_int64\"");
  EXPECT_THAT(At(both + "/required"), HasSubstr("\"int32_value\""));
  EXPECT_THAT(At(both + "/not/anyOf"), HasSubstr(R"(["choice_string","choice_int64"])"));
  EXPECT_EQ(At("/trellis.gateway.testing.Kinds.proto_names/properties/int64_value"), kLong);
  EXPECT_EQ(At("/trellis.gateway.testing.Kinds"), "(nothing)");
}

TEST_F(ComponentsTest, AreOnlyThoseThatAreReferredTo) {
  (void)schemas_.Of(*testing::TaskList::descriptor());
  EXPECT_NE(At("/trellis.gateway.testing.Task"), "(nothing)");
  EXPECT_EQ(At("/trellis.gateway.testing.Kinds"), "(nothing)");
  EXPECT_EQ(At("/google.protobuf.Duration"), "(nothing)") << "stands where it is used";
}

}  // namespace
}  // namespace trellis::gateway
