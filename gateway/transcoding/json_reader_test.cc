#include "gateway/transcoding/json_reader.h"

#include "gateway/testing/kinds.pb.h"
#include "gateway/testing/violation.h"
#include "gtest/gtest.h"

namespace trellis::gateway {
namespace {

using testing::Kinds;

// What was read, in short text format, or "field| what is wrong".
std::string Read(std::string_view json) {
  Kinds message;
  const absl::Status status = ReadJson(json, &message);
  return status.ok() ? message.ShortDebugString() : testing::ShowViolation(status);
}

struct Case {
  const char* json;
  const char* expected;
};

template <size_t n>
void ExpectAll(const Case (&cases)[n]) {
  for (const Case& c : cases) EXPECT_EQ(Read(c.json), c.expected) << c.json;
}

TEST(JsonReader, ReadsScalars) {
  ExpectAll({
      {"{}", ""},
      {" \t\r\n{ } \n", ""},
      {R"({"int32Value":-5})", "int32_value: -5"},
      {R"({"int32_value":5})", "int32_value: 5"},
      {R"({"otherName":"a"})", R"(renamed: "a")"},
      {R"({"renamed":"a"})", R"(renamed: "a")"},
      {R"({"int32Value":"7"})", "int32_value: 7"},
      {R"({"int32Value":1.0})", "int32_value: 1"},
      {R"({"int32Value":1e3})", "int32_value: 1000"},
      {R"({"int32Value":-0})", ""},
      {R"({"int32Value":-0.0e5})", ""},
      {R"({"int32Value":1200e-2})", "int32_value: 12"},
      {R"({"int64Value":9007199254740993.0})", "int64_value: 9007199254740993"},
      {R"({"int64Value":0e99999999999})", ""},
      {R"({"int64Value":"-9223372036854775808"})", "int64_value: -9223372036854775808"},
      {R"({"int64Value":9223372036854775807})", "int64_value: 9223372036854775807"},
      {R"({"uint64Value":18446744073709551615 })", "uint64_value: 18446744073709551615"},
      {R"({"fixed32Value":4294967295,"sint64Value":-1})",
       "sint64_value: -1 fixed32_value: 4294967295"},
      {R"({"doubleValue":1.5,"floatValue":"2.5"})", "float_value: 2.5 double_value: 1.5"},
      {R"({"doubleValue":123456789012345678901234567890})", "double_value: 1.2345678901234568e+29"},
      {R"({"doubleValue":1e-400})", ""},
      {R"({"doubleValue":-0})", "double_value: -0"},
      {R"({"doubleValue":"NaN"})", "double_value: nan"},
      {R"({"floatValue":"-Infinity"})", "float_value: -inf"},
      {R"({"boolValue":true})", "bool_value: true"},
      {R"({"stringValue":"a\u00e9\ud83d\ude00\n\/"})",
       R"(string_value: "a\303\251\360\237\230\200\n/")"},
      {R"({"bytesValue":"-_-_"})", R"(bytes_value: "\373\377\277")"},
      {R"({"bytesValue":"YQ=="})", R"(bytes_value: "a")"},
      {R"({"bytesValue":"YQ"})", R"(bytes_value: "a")"},
      {R"({"color":"RED"})", "color: RED"},
      {R"({"color":2})", "color: GREEN"},
      {R"({"color":77})", "color: 77"},
      {R"({"optionalInt32":0})", "optional_int32: 0"},
      {R"({"int32Value":null,"nested":null,"int32List":null,"stringMap":null})", ""},
  });
}

TEST(JsonReader, ReadsComposites) {
  ExpectAll({
      {R"({"int32List":[1,2, 3]})", "int32_list: 1 int32_list: 2 int32_list: 3"},
      {R"({"int32List":[]})", ""},
      {R"({"nested":{"nested":{"boolValue":true}}})", "nested { nested { bool_value: true } }"},
      {R"({"nestedList":[{},{"color":"RED"}]})", "nested_list { } nested_list { color: RED }"},
      {R"({"stringMap":{"a":"b"}})", R"(string_map { key: "a" value: "b" })"},
      {R"({"nestedMap":{"-1":{}}})", "nested_map { key: -1 value { } }"},
      {R"({"boolMap":{"true":"5"}})", "bool_map { key: true value: 5 }"},
      {R"({"choiceInt64":"0"})", "choice_int64: 0"},
      {R"({"choiceNull":null})", "choice_null: NULL_VALUE"},
      {R"({"choiceString":null,"choiceInt64":1})", "choice_int64: 1"},
      {R"({"int32Wrapper":0})", "int32_wrapper { }"},
      {R"({"int32Wrapper":null})", ""},
      {R"({"bytesWrapper":"YQ=="})", R"(bytes_wrapper { value: "a" })"},
      {R"({"int32WrapperList":[1]})", "int32_wrapper_list { value: 1 }"},
      {R"({"empty":{}})", "empty { }"},
  });
}

TEST(JsonReader, ReadsWellKnownTypes) {
  ExpectAll({
      {R"({"timestamp":"1970-01-02T00:00:00.5Z"})",
       "timestamp { seconds: 86400 nanos: 500000000 }"},
      {R"({"timestamp":"1970-01-01T01:00:00+01:00"})", "timestamp { }"},
      {R"({"duration":"-1.000000001s"})", "duration { seconds: -1 nanos: -1 }"},
      {R"({"fieldMask":"userName,a.bC"})", R"(field_mask { paths: "user_name" paths: "a.b_c" })"},
      {R"({"fieldMask":""})", "field_mask { }"},
      {R"({"fieldMask":"*,v2Name"})", R"(field_mask { paths: "*" paths: "v2_name" })"},
      {R"({"anyValue":null})", "any_value { null_value: NULL_VALUE }"},
      {R"({"anyValue":[1,"a"]})",
       R"(any_value { list_value { values { number_value: 1 } values { string_value: "a" } } })"},
      {R"({"structValue":{"a":{"b":true}}})",
       R"(struct_value { fields { key: "a" value { struct_value { fields { key: "b" value )"
       R"({ bool_value: true } } } } } })"},
      {R"({"listValue":[null]})", "list_value { values { null_value: NULL_VALUE } }"},
      {R"({"valueMap":{"a":null}})", R"(value_map { key: "a" value { null_value: NULL_VALUE } })"},
      {R"({"any":{}})", "any { }"},
      {R"({"any":{"int32Value":1,"@type":"x.y/trellis.gateway.testing.Kinds"}})",
       R"(any { type_url: "x.y/trellis.gateway.testing.Kinds" value: "\010\001" })"},
      {R"({"any":{"@type":"x/google.protobuf.Duration","value":"1s"}})",
       R"(any { type_url: "x/google.protobuf.Duration" value: "\010\001" })"},
      {R"({"any":{"@type":"x/google.protobuf.Any","value":{"@type":"x/google.protobuf.Empty"}}})",
       R"(any { type_url: "x/google.protobuf.Any" value: "\n\027x/google.protobuf.Empty" })"},
  });
}

TEST(JsonReader, ReadsTheValueOfOneField) {
  Kinds message;
  const auto* descriptor = Kinds::descriptor();
  const auto read = [&](const char* field, const char* json) {
    message.Clear();
    const auto status = ReadJsonField(json, *descriptor->FindFieldByName(field), &message);
    return status.ok() ? message.ShortDebugString() : testing::ShowViolation(status);
  };
  EXPECT_EQ(read("string_value", "\"a\""), R"(string_value: "a")");
  EXPECT_EQ(read("int32_value", " 5 "), "int32_value: 5");
  EXPECT_EQ(read("int32_list", "[1]"), "int32_list: 1");
  EXPECT_EQ(read("nested", R"({"color":"RED"})"), "nested { color: RED }");
  EXPECT_EQ(read("nested", R"({"nope":1})"), "nested.nope| unknown field");
  EXPECT_EQ(read("string_value", "1"), "string_value| expected a string");
  EXPECT_EQ(read("int32_value", "1 2").substr(0, 5), "body|");
  EXPECT_EQ(read("int32_value", "1,2").substr(0, 5), "body|");
}

TEST(JsonReader, ABoundFieldMayOnlyBeRepeated) {
  const auto* field = Kinds::descriptor()->FindFieldByName("string_value");
  const auto read = [&](const char* json, bool from_query) {
    Kinds message;
    message.set_string_value("a");
    const BoundField bound[] = {{&message, field, from_query}};
    const auto status = ReadJson(json, &message, bound);
    return status.ok() ? message.ShortDebugString() : testing::ShowViolation(status);
  };
  EXPECT_EQ(read(R"({"boolValue":true})", true), R"(bool_value: true string_value: "a")");
  EXPECT_EQ(read(R"({"stringValue":"a"})", false), R"(string_value: "a")");
  EXPECT_EQ(read(R"({"stringValue":null})", true), R"(string_value: "a")");
  EXPECT_EQ(read(R"({"stringValue":"b"})", false),
            "stringValue| duplicate binding: the path sets it to another value");
  EXPECT_EQ(read(R"({"stringValue":""})", false),
            "stringValue| duplicate binding: the path sets it to another value");
  EXPECT_EQ(read(R"({"stringValue":"a"})", true),
            "stringValue| duplicate binding: the query sets it too");
}

}  // namespace
}  // namespace trellis::gateway
