#include "gateway/testing/kinds.pb.h"
#include "gateway/testing/violation.h"
#include "gateway/transcoding/json_reader.h"
#include "gmock/gmock.h"
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

TEST(JsonReaderStrict, NamesTheBadFieldAsItWasWritten) {
  ExpectAll({
      {R"({"nope":1})", "nope| unknown field"},
      {R"({"nested":{"nope":1}})", "nested.nope| unknown field"},
      {R"({"nested_list":[{},{"int32_value":"x"}]})",
       "nested_list[1].int32_value| expected a number"},
      {R"({"nestedMap":{"5":{"color":"PINK"}}})",
       R"(nestedMap["5"].color| not a name of this enum)"},
      {R"({"int32List":[1,null]})", "int32List[1]| null in an array"},
      {R"({"stringMap":{"a":null}})", R"(stringMap["a"]| null in a map)"},
      {R"({"structValue":{"a":[1,1e999]}})", "structValue.a[1]| out of range"},
      {R"({"any":{"@type":"x/trellis.gateway.testing.Kinds","color":[]}})",
       "any.color| expected a name or a number of the enum"},
  });
}

TEST(JsonReaderStrict, CutsLongPaths) {
  std::string key;
  for (int i = 0; i < 1000; ++i) key += "€";
  const std::string error = Read("{\"" + key + "\":1}");
  EXPECT_EQ(error, key.substr(0, 255) + "...| unknown field");
}

TEST(JsonReaderStrict, RefusesWrongTypesAndRanges) {
  ExpectAll({
      {R"({"int32Value":2147483648})", "int32Value| out of range"},
      {R"({"int32Value":1.5})", "int32Value| expected a whole number"},
      {R"({"int32Value":1e10})", "int32Value| out of range"},
      {R"({"int32Value":99999999999999999999})", "int32Value| out of range"},
      {R"({"uint32Value":-1})", "uint32Value| out of range"},
      {R"({"uint64Value":-1})", "uint64Value| out of range"},
      {R"({"uint64Value":18446744073709551616})", "uint64Value| out of range"},
      {R"({"int64Value":9007199254740993.5})", "int64Value| expected a whole number"},
      {R"({"int64Value":1e-1})", "int64Value| expected a whole number"},
      {R"({"int64Value":1e-99999999999})", "int64Value| expected a whole number"},
      {R"({"int64Value":1e99999999999})", "int64Value| out of range"},
      {R"({"int64Value":" 1"})", "int64Value| expected a number"},
      {R"({"int64Value":"01"})", "int64Value| expected a number"},
      {R"({"int64Value":""})", "int64Value| expected a number"},
      {R"({"int64Value":01})", "body| not valid JSON at int64Value"},
      {R"({"int64Value":+1})", "body| not valid JSON at int64Value"},
      {R"({"int64Value":true})", "int64Value| expected a number"},
      {R"({"int64Value":[1]})", "int64Value| expected a number"},
      {R"({"doubleValue":1e400})", "doubleValue| out of range"},
      {R"({"floatValue":3.5e38})", "floatValue| out of range"},
      {R"({"doubleValue":NaN})", "body| not valid JSON at doubleValue"},
      {R"({"doubleValue":1.})", "body| not valid JSON at doubleValue"},
      {R"({"doubleValue":"inf"})", "doubleValue| expected a number"},
      {R"({"boolValue":"true"})", "boolValue| expected true or false"},
      {R"({"boolValue":1})", "boolValue| expected true or false"},
      {R"({"boolValue":truex})", "body| not valid JSON at boolValue"},
      {R"({"stringValue":1})", "stringValue| expected a string"},
      {R"({"bytesValue":"a"})", "bytesValue| expected Base64"},
      {R"({"bytesValue":"YQ=a"})", "bytesValue| expected Base64"},
      {R"({"bytesValue":"Y Q="})", "bytesValue| expected Base64"},
      {R"({"color":"1"})", "color| not a name of this enum"},
      {R"({"color":1.5})", "color| expected a whole number"},
      {R"({"nested":[]})", "nested| expected an object"},
      {R"({"int32List":1})", "int32List| expected an array"},
      {R"({"stringMap":[]})", "stringMap| expected an object"},
      {R"({"nestedMap":{"x":{}}})", R"(nestedMap["x"]| map key: expected a number)"},
      {R"({"timestamp":"1970-02-30T00:00:00Z"})",
       "timestamp| expected a time stamp like 2026-01-31T12:00:00Z"},
      {R"({"timestamp":5})", "timestamp| expected a string"},
      {R"({"duration":"5"})", "duration| expected a duration like 1.5s"},
      {R"({"fieldMask":"a_b"})", "fieldMask| expected a field mask like id,userName"},
      {R"({"fieldMask":"a,b[]C"})", "fieldMask| expected a field mask like id,userName"},
      {R"x({"fieldMask":"a)"})x", "fieldMask| expected a field mask like id,userName"},
      {R"({"fieldMask":"a."})", "fieldMask| expected a field mask like id,userName"},
      {R"({"fieldMask":"a,.b"})", "fieldMask| expected a field mask like id,userName"},
      {R"({"choiceNull":815})", "choiceNull| not a number of this enum"},
      {R"({"fieldMask":"1a"})", "fieldMask| expected a field mask like id,userName"},
      {R"({"any":{"@type":"x/unknown.Type"}})", "any.@type| not the URL of a known type"},
      {R"({"any":{"int32Value":1}})", R"(any| an Any needs "@type")"},
      {R"({"any":{"@type":"x/google.protobuf.Duration"}})",
       R"(any| an Any of this type needs "value")"},
      {R"([])", "body| expected an object"},
      {R"("a")", "body| expected an object"},
      {R"(null)", "body| expected an object"},
  });
}

TEST(JsonReaderStrict, RefusesWhatIsGivenTwice) {
  ExpectAll({
      {R"({"int32Value":1,"int32Value":1})", "int32Value| given twice"},
      {R"({"int32Value":1,"int32_value":1})", "int32_value| given twice"},
      {R"({"int32Value":null,"int32Value":1})", "int32Value| given twice"},
      {R"({"int32\u0056alue":1,"int32Value":1})", "int32Value| given twice"},
      {R"({"stringMap":{"a":"b","a":"c"}})", R"(stringMap["a"]| given twice)"},
      {R"({"nestedMap":{"1":{},"1.0":{}}})", R"(nestedMap["1.0"]| given twice)"},
      {R"({"structValue":{"a":1,"a":2}})", "structValue.a| given twice"},
      {R"({"choiceString":"a","choiceInt64":1})",
       R"(choiceInt64| the oneof "choice" is set by "choiceString" already)"},
      {R"({"any":{"@type":"x/google.protobuf.Empty","@type":"x/google.protobuf.Empty"}})",
       "any.@type| given twice"},
  });
}

TEST(JsonReaderStrict, SyntaxErrorsAreOfTheBody) {
  for (const char* json : {"",
                           " ",
                           "{",
                           "}",
                           "{]",
                           "[}",
                           "{\"int32Value\":1",
                           "{\"int32Value\":}",
                           "{\"int32Value\"}",
                           "{int32Value:1}",
                           "{'int32Value':1}",
                           "{\"int32Value\":1,}",
                           "{,}",
                           "{} {}",
                           "{},{}",
                           "{}]",
                           "{}x",
                           "{} //",
                           "{\"int32Value\":1 \"boolValue\":true}",
                           "{\"int32List\":[1,]}",
                           "{\"int32List\":[1 2]}",
                           "{\"int32List\":[,1]}",
                           "{\"stringValue\":\"a",
                           "{\"stringValue\":\"\n\"}",
                           "\xef\xbb\xbf{}",
                           "{\"stringValue\":\"\xff\"}",
                           "{\"int32Value\":1:2}",
                           "{\"stringValue\":\"a\"b\"\"}",
                           "{}[",
                           "],["}) {
    const std::string error = Read(json);
    EXPECT_EQ(error.substr(0, 6), "body| ") << json << ": " << error;
  }
  EXPECT_EQ(Read("{\"stringValue\":\"\xc3\x28\"}"), "body| not valid UTF-8");
}

TEST(JsonReaderStrict, RefusesBrokenStrings) {
  for (const char* text : {R"(\ud800)", R"(\ud800x)", R"(\ud800\u0041)", R"(\udc00)", R"(\q)",
                           R"(\u12)", R"(\u12g4)"}) {
    const std::string json = std::string("{\"stringValue\":\"") + text + "\"}";
    EXPECT_EQ(Read(json), "stringValue| not a valid string: a bad escape or half a surrogate pair")
        << json;
    const std::string key = std::string("{\"stringMap\":{\"") + text + "\":\"\"}}";
    EXPECT_EQ(Read(key), "stringMap| a key is not a valid string") << key;
  }
}

TEST(JsonReaderStrict, RefusesDeepNesting) {
  const auto nested = [](int levels, std::string open, std::string close) {
    std::string json;
    for (int i = 0; i < levels; ++i) json += open;
    for (int i = 0; i < levels; ++i) json += close;
    return json;
  };
  Kinds message;
  EXPECT_TRUE(ReadJson(nested(63, "{\"nested\":", "}").insert(63 * 10, "{}"), &message).ok());
  EXPECT_FALSE(ReadJson(nested(64, "{\"nested\":", "}").insert(64 * 10, "{}"), &message).ok());
  const std::string deep = "{\"anyValue\":" + nested(100000, "[", "]") + "}";
  EXPECT_THAT(testing::ShowViolation(ReadJson(deep, &message)),
              ::testing::HasSubstr("nested too deep"));
}

}  // namespace
}  // namespace trellis::gateway
