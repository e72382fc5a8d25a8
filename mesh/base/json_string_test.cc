#include "mesh/base/json_string.h"

#include <gtest/gtest.h>
#include <simdjson.h>

namespace trellis::base {
namespace {

std::string RoundTrip(std::string_view text) {
  std::string json = "{\"text\":";
  AppendJsonString(text, &json);
  json += "}";
  simdjson::dom::parser parser;
  const simdjson::dom::element element = parser.parse(json);
  return std::string(std::string_view(element["text"]));
}

std::string Quote(std::string_view text) {
  std::string json;
  AppendJsonString(text, &json);
  return json;
}

TEST(JsonString, EscapesStrings) {
  EXPECT_EQ(Quote("plain text that is longer than a word"),
            "\"plain text that is longer than a word\"");
  EXPECT_EQ(Quote("\"\\/\b\f\n\r\t"), R"("\"\\/\b\f\n\r\t")");
  EXPECT_EQ(Quote(std::string_view("\0\x01\x1f\x7f", 4)), "\"\\u0000\\u0001\\u001f\x7f\"");
  EXPECT_EQ(Quote("12345678\"12345678"), "\"12345678\\\"12345678\"");
  EXPECT_EQ(Quote("é€😀"), "\"é€😀\"");
}

TEST(JsonString, ReplacesWhatIsNotUtf8) {
  const std::string bad = "\xef\xbf\xbd";
  const struct {
    const char* text;
    int replaced;
  } cases[] = {
      {"\xff", 1},
      {"\x80", 1},
      {"\xc3", 1},
      {"\xc0\x80", 2},
      {"\xe2\x82", 2},
      {"\xe0\x80\x80", 3},
      {"\xed\xa0\x80", 3},
      {"\xf5\x80\x80\x80", 4},
      {"\xf4\x90\x80\x80", 4},
      {"\xf0\x8f\xbf\xbf", 4},
  };
  for (const auto& c : cases) {
    std::string expected = "\"a";
    for (int i = 0; i < c.replaced; ++i) expected += bad;
    EXPECT_EQ(Quote(std::string("a") + c.text + "b"), expected + "b\"");
  }
}

TEST(JsonString, KeepsText) {
  for (const char* text : {"", "plain", "quote \" backslash \\ slash /", "\b\f\n\r\t",
                           "\x7f\x01\x1f", "\u00e9 \u20ac \U0001F600 \uFFFF"}) {
    EXPECT_EQ(RoundTrip(text), text);
  }
  const std::string zero("a\0b", 3);
  EXPECT_EQ(RoundTrip(zero), zero);
}

TEST(JsonString, EveryAsciiByteSurvives) {
  std::string all;
  for (int c = 0; c < 0x80; ++c) all.push_back(static_cast<char>(c));
  EXPECT_EQ(RoundTrip(all), all);
}

TEST(JsonString, EveryPairOfBytesGivesValidJson) {
  for (int i = 0; i < 0x10000; ++i) {
    const char pair[] = {static_cast<char>(i >> 8), static_cast<char>(i & 0xff)};
    ASSERT_NO_THROW(RoundTrip({pair, 2})) << i;
  }
}

}  // namespace
}  // namespace trellis::base
