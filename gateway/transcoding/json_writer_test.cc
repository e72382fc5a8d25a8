#include "gateway/transcoding/json_writer.h"

#include <limits>

#include "gateway/testing/kinds.pb.h"
#include "gmock/gmock.h"
#include "google/protobuf/text_format.h"
#include "gtest/gtest.h"

namespace trellis::gateway {
namespace {

using ::testing::HasSubstr;
using testing::Kinds;
using testing::Lookup;

std::string Write(const google::protobuf::Message& message) {
  std::string json;
  AppendJson(message, &json);
  return json;
}

// The JSON of one field of a Kinds in text format.
std::string WriteField(const std::string& field, const std::string& text) {
  Kinds message;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &message)) << text;
  std::string json;
  AppendFieldJson(message, *Kinds::descriptor()->FindFieldByName(field), &json);
  return json;
}

TEST(JsonWriter, WritesZeroesButNoAbsentMessages) {
  EXPECT_EQ(Write(Lookup()),
            R"({"id":"","name":"","number":"0","tags":[],"color":"COLOR_UNSPECIFIED","token":""})");
}

TEST(JsonWriter, WritesPresentFieldsInTheirOrder) {
  Lookup message;
  message.set_number(-1);
  message.mutable_nested()->set_color(testing::MINUS);
  message.add_tags("x");
  message.add_tags("y");
  EXPECT_EQ(Write(message),
            R"({"id":"","name":"","number":"-1","nested":{"id":"","name":"","number":"0",)"
            R"("tags":[],"color":"MINUS","token":""},"tags":["x","y"],)"
            R"("color":"COLOR_UNSPECIFIED","token":""})");
}

TEST(JsonWriter, AStyleChangesNamesAndLongNumbersAtEveryLevel) {
  Kinds message;
  ASSERT_TRUE(google::protobuf::TextFormat::ParseFromString(
      "optional_int32: 1 bool_map { key: true value: 9007199254740993 } "
      "nested_map { key: 3 value { optional_int32: 2 } }",
      &message));
  std::string json;
  AppendJson(message, &json, {.proto_names = true, .numeric_int64 = true});
  EXPECT_THAT(json, HasSubstr(R"("optional_int32":1)"));
  EXPECT_THAT(json, HasSubstr(R"("optional_int32":2)"));
  EXPECT_THAT(json, HasSubstr(R"("bool_map":{"true":9007199254740993})"));
  EXPECT_THAT(json, ::testing::Not(HasSubstr("optionalInt32")));
}

TEST(JsonWriter, AppendsToWhatIsThere) {
  std::string json = "[";
  AppendJson(Lookup(), &json);
  EXPECT_EQ(json.substr(0, 3), "[{\"");
}

TEST(JsonWriter, PresenceDecidesForOptionalAndOneofFields) {
  EXPECT_THAT(Write(Kinds()), ::testing::Not(HasSubstr("optionalInt32")));
  EXPECT_THAT(Write(Kinds()), ::testing::Not(HasSubstr("choice")));
  Kinds message;
  message.set_optional_int32(0);
  message.set_choice_string("");
  EXPECT_THAT(Write(message), HasSubstr(R"("optionalInt32":0)"));
  EXPECT_THAT(Write(message), HasSubstr(R"("choiceString":"")"));
  EXPECT_THAT(Write(message), HasSubstr(R"("stringMap":{})"));
  EXPECT_THAT(Write(message), HasSubstr(R"("otherName":"")"));
}

TEST(JsonWriter, WritesEveryKindOfField) {
  const struct {
    const char* field;
    const char* text;
    const char* json;
  } cases[] = {
      {"int32_value", "int32_value: -2147483648", "-2147483648"},
      {"uint64_value", "uint64_value: 18446744073709551615", "\"18446744073709551615\""},
      {"double_value", "double_value: 0.1", "0.1"},
      {"double_value", "double_value: 1", "1"},
      {"double_value", "double_value: 1e300", "1e+300"},
      {"double_value", "double_value: nan", "\"NaN\""},
      {"double_value", "double_value: -inf", "\"-Infinity\""},
      {"float_value", "float_value: 0.1", "0.1"},
      {"float_value", "float_value: inf", "\"Infinity\""},
      {"bool_value", "bool_value: true", "true"},
      {"bytes_value", "bytes_value: '\\373\\377'", "\"+/8=\""},
      {"color", "color: GREEN", "\"GREEN\""},
      {"color_list", "color_list: [RED, 77]", "[\"RED\",77]"},
      {"int32_list", "int32_list: [1, 2]", "[1,2]"},
      {"nested_map", "nested_map { key: 5 value {} }", nullptr},
      {"bool_map", "bool_map { key: true value: 5 }", R"({"true":"5"})"},
      {"string_map", "string_map { key: '\"' value: 'b' }", R"({"\"":"b"})"},
      {"choice_null", "choice_null: NULL_VALUE", "null"},
      {"int64_wrapper", "int64_wrapper { value: 5 }", "\"5\""},
      {"string_wrapper", "string_wrapper { value: 'a' }", "\"a\""},
      {"empty", "empty {}", "{}"},
      {"timestamp", "timestamp { }", "\"1970-01-01T00:00:00Z\""},
      {"timestamp", "timestamp { seconds: -62135596800 nanos: 1 }",
       "\"0001-01-01T00:00:00.000000001Z\""},
      {"timestamp", "timestamp { seconds: 253402300799 nanos: 120000000 }",
       "\"9999-12-31T23:59:59.120Z\""},
      {"duration", "duration { seconds: -1 nanos: -500000 }", "\"-1.000500s\""},
      {"duration", "duration { nanos: -1 }", "\"-0.000000001s\""},
      {"field_mask", "field_mask { paths: 'user_name' paths: 'a.b_c' }", "\"userName,a.bC\""},
      {"list_value", "list_value { values { number_value: 1.5 } values { bool_value: true } }",
       "[1.5,true]"},
      {"struct_value", "struct_value { fields { key: 'a' value { string_value: 'b' } } }",
       R"({"a":"b"})"},
      {"any_value", "any_value { null_value: NULL_VALUE }", "null"},
      {"any", "any { }", "{}"},
      {"any", "any { type_url: 'x/google.protobuf.Duration' value: '\\010\\001' }",
       R"({"@type":"x/google.protobuf.Duration","value":"1s"})"},
      {"any", "any { type_url: 'x/google.protobuf.Empty' }",
       R"({"@type":"x/google.protobuf.Empty"})"},
  };
  for (const auto& c : cases) {
    if (c.json != nullptr) {
      EXPECT_EQ(WriteField(c.field, c.text), c.json) << c.text;
    }
  }
  EXPECT_THAT(WriteField("nested_map", "nested_map { key: 5 value {} }"), HasSubstr("{\"5\":{"));
}

TEST(JsonWriter, NeverFails) {
  const struct {
    const char* field;
    const char* text;
    const char* json;
  } cases[] = {
      {"timestamp", "timestamp { seconds: 253402300800 }", "null"},
      {"timestamp", "timestamp { nanos: -1 }", "null"},
      {"duration", "duration { seconds: 1 nanos: -1 }", "null"},
      {"any_value", "any_value { number_value: nan }", "null"},
      {"any_value", "any_value { }", "null"},
      {"field_mask", "field_mask { paths: 'A__b_' }", "\"A_B_\""},
      {"any", "any { type_url: 'x/unknown.Type' value: 'a' }",
       R"({"@type":"x/unknown.Type","value":"YQ=="})"},
      {"any", "any { type_url: 'nourl' }", R"({"@type":"nourl","value":""})"},
      {"any", "any { type_url: 'x/google.protobuf.Duration' value: '\\377' }",
       R"({"@type":"x/google.protobuf.Duration","value":"/w=="})"},
  };
  for (const auto& c : cases) EXPECT_EQ(WriteField(c.field, c.text), c.json) << c.text;
}

TEST(JsonWriter, AnyWithinAnyEndsSomewhere) {
  google::protobuf::Any any;
  for (int i = 0; i < 500; ++i) {
    google::protobuf::Any outer;
    outer.PackFrom(any);
    any = outer;
  }
  EXPECT_THAT(Write(any), HasSubstr("\"value\":\"C"));
}

TEST(JsonWriter, AResponseBodyIsOneField) {
  Kinds message;
  message.add_int32_list(1);
  Route route;
  std::string whole;
  AppendResponseJson(route, message, &whole);
  EXPECT_EQ(whole, Write(message));
  route.response_body_field = Kinds::descriptor()->FindFieldByName("int32_list");
  std::string list;
  AppendResponseJson(route, message, &list);
  EXPECT_EQ(list, "[1]");
  route.response_body_field = Kinds::descriptor()->FindFieldByName("nested");
  std::string absent;
  AppendResponseJson(route, message, &absent);
  EXPECT_EQ(absent, "null");
}

}  // namespace
}  // namespace trellis::gateway
