#include "gateway/routing/path_template.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace trellis::gateway {
namespace {

using ::testing::HasSubstr;

// One line that shows how a template was understood.
std::string Show(std::string_view text) {
  const auto parsed = PathTemplate::Parse(text);
  if (!parsed.ok()) return "(error)";
  std::string out;
  for (const auto& segment : parsed->segments()) {
    out += "/";
    out += segment.kind == PathTemplate::Kind::kLiteral  ? segment.literal
           : segment.kind == PathTemplate::Kind::kSingle ? "*"
                                                         : "**";
  }
  if (!parsed->verb().empty()) out += ":" + parsed->verb();
  for (const auto& variable : parsed->variables()) {
    out += " " + variable.field_path + "=[" + std::to_string(variable.begin) + "," +
           std::to_string(variable.end) + ")" + (variable.multi ? "multi" : "");
  }
  return out;
}

TEST(PathTemplate, UnderstandsTheWholeGrammar) {
  const struct {
    const char* text;
    const char* shown;
  } cases[] = {
      {"/", ""},
      {"/a", "/a"},
      {"/v1/a-b._~!$&'()+,;@c", "/v1/a-b._~!$&'()+,;@c"},
      {"/a/*/b", "/a/*/b"},
      {"/a/**", "/a/**"},
      {"/a/**/b/c", "/a/**/b/c"},
      {"/{x}", "/* x=[0,1)"},
      {"/{x=*}", "/* x=[0,1)"},
      {"/{x=lit}", "/lit x=[0,1)"},
      {"/{x=**}", "/** x=[0,1)multi"},
      {"/v1/{a.b.c_1=x/*/y/**}/z:verb", "/v1/x/*/y/**/z:verb a.b.c_1=[1,5)multi"},
      {"/v1/{a}/{b}:go", "/v1/*/*:go a=[1,2) b=[2,3)"},
      {"/a:verb", "/a:verb"},
      {"/**:verb", "/**:verb"},
  };
  for (const auto& c : cases) EXPECT_EQ(Show(c.text), c.shown) << c.text;
}

TEST(PathTemplate, RefusesWhatIsNotInTheGrammar) {
  for (const char* text : {"",         "a",
                           "//",       "/a/",
                           "/a//b",    "/{",
                           "/{}",      "/{a",
                           "/a}",      "/{a=}",
                           "/{a.}",    "/{.a}",
                           "/{1a}",    "/{a=b/}",
                           "/{a={b}}", "/{a={b=*}}",
                           "/a*",      "/***",
                           "/**/*",    "/**/**",
                           "/**/{a}",  "/{a=**}/{b=**}",
                           "/{a}{b}",  "/{a}b",
                           "/a:",      "/a:b:c",
                           "/a:b/c",   "/{a}/{a}",
                           "/a b",     "/a?b",
                           "/a#b",     "/a%20b",
                           "/{a b}",   "/\x01"}) {
    EXPECT_EQ(Show(text), "(error)") << text;
  }
}

TEST(PathTemplate, SaysWhatIsWrongAndWhere) {
  const auto parsed = PathTemplate::Parse("/v1/{a={b}}");
  EXPECT_THAT(std::string(parsed.status().message()),
              HasSubstr("\"/v1/{a={b}}\": a variable within a variable at position 8"));
}

TEST(PathTemplate, CapturesAroundTheSegmentsThatDoubleStarTook) {
  const auto parsed = PathTemplate::Parse("/{a}/{b=x/**/y}/z");
  ASSERT_TRUE(parsed.ok());
  const std::string_view path = "/1/x/p/q/y/z";
  const std::vector<std::string_view> segments = {path.substr(1, 1), path.substr(3, 1),
                                                  path.substr(5, 1), path.substr(7, 1),
                                                  path.substr(9, 1), path.substr(11, 1)};
  EXPECT_EQ(parsed->Capture(parsed->variables()[0], segments), "1");
  EXPECT_EQ(parsed->Capture(parsed->variables()[1], segments), "x/p/q/y");
}

}  // namespace
}  // namespace trellis::gateway
