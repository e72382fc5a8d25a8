#include "gateway/routing/route_table.h"

#include <random>

#include "gateway/testing/kinds.pb.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace trellis::gateway {
namespace {

using ::testing::ElementsAre;

const RouteTable& Table() {
  static const auto& table = *new absl::StatusOr<RouteTable>(RouteTable::Build(
      {testing::Lookup::descriptor()->file()->FindServiceByName("LookupService")}));
  return *table;
}

// "Get id=5", or how it failed.
std::string Match(std::string_view method, std::string_view path) {
  const MatchResult result = Table().Match(method, path);
  switch (result.outcome) {
    case MatchResult::Outcome::kNotFound:
      return "404";
    case MatchResult::Outcome::kMalformedPath:
      return "400";
    case MatchResult::Outcome::kMethodNotAllowed: {
      std::string out = "405";
      for (const std::string& allowed : result.allow) out += " " + allowed;
      return out;
    }
    case MatchResult::Outcome::kFound:
      break;
  }
  std::string out = result.route->method->name();
  for (const auto& binding : result.bindings) {
    out += " " + binding.field->text + "=" + binding.value;
  }
  return out;
}

TEST(RouteTable, FindsTheMethodAndItsVariables) {
  const struct {
    const char* method;
    const char* path;
    const char* expected;
  } cases[] = {
      {"GET", "/v1/things/5", "Get id=5"},
      {"GET", "/v1/shelves/a/books/b", "Get name=shelves/a/books/b"},
      {"GET", "/v1/numbers/12", "Get number=12"},
      {"PATCH", "/v1/things/5", "Update nested.id=5"},
      {"POST", "/trellis.gateway.testing.LookupService/Plain", "Plain"},
      {"POST", "/trellis.gateway.testing.LookupService/Get", "Get"},
      {"GET", "/v1/nothing", "404"},
      {"GET", "/v1/things", "404"},
      {"GET", "/v1/things/", "404"},
      {"GET", "/v1/things/5/", "404"},
      {"GET", "/v1//5", "404"},
      {"GET", "/", "404"},
      {"GET", "", "404"},
      {"GET", "*", "404"},
      {"GET", "v1/things/5", "404"},
      {"POST", "/trellis.gateway.testing.LookupService/Collect", "404"},
  };
  for (const auto& c : cases) EXPECT_EQ(Match(c.method, c.path), c.expected) << c.path;
}

TEST(RouteTable, ALiteralGoesBeforeAVariable) {
  EXPECT_EQ(Match("GET", "/v1/things/featured"), "Featured");
  EXPECT_EQ(Match("GET", "/v1/things/features"), "Get id=features");
}

TEST(RouteTable, GoesBackWhenTheBetterBranchHasNotTheMethod) {
  EXPECT_EQ(Match("PUT", "/v1/things/featured"), "Replace id=featured");
}

TEST(RouteTable, DoubleStarTakesAnyNumberOfSegments) {
  EXPECT_EQ(Match("GET", "/v1/files"), "File name=");
  EXPECT_EQ(Match("GET", "/v1/files/"), "File name=");
  EXPECT_EQ(Match("GET", "/v1/files/a"), "File name=a");
  EXPECT_EQ(Match("GET", "/v1/files/a//b/"), "File name=a//b/");
  EXPECT_EQ(Match("GET", "/v1/files/a/b/raw"), "Raw name=a/b");
  EXPECT_EQ(Match("GET", "/v1/files/raw"), "Raw name=");
  EXPECT_EQ(Match("GET", "/v1/files/raw/raw"), "Raw name=raw");
  EXPECT_EQ(Match("GET", "/v1/files/raw/x"), "File name=raw/x");
}

TEST(RouteTable, VerbsAreOnlyThoseOfMatchingTemplates) {
  EXPECT_EQ(Match("GET", "/v1/things/5:watch"), "Watch id=5");
  EXPECT_EQ(Match("GET", "/v1/things/a:b:watch"), "Watch id=a:b");
  EXPECT_EQ(Match("POST", "/v1/things/5:cancel"), "Cancel id=5");
  EXPECT_EQ(Match("GET", "/v1/things/5:other"), "Get id=5:other");
  EXPECT_EQ(Match("GET", "/v1/things/5%3Awatch"), "Get id=5:watch");
  EXPECT_EQ(Match("GET", "/v1/things/5:"), "Get id=5:");
  EXPECT_EQ(Match("GET", "/v1/files/a:watch"), "File name=a:watch");
  EXPECT_EQ(Match("GET", "/v1/things/:watch"), "Get id=:watch");
}

TEST(RouteTable, AKnownPathWithAnotherMethodSaysWhichAreAllowed) {
  EXPECT_EQ(Match("POST", "/v1/things/5"), "405 GET HEAD PATCH PUT");
  EXPECT_EQ(Match("GET", "/v1/things/5:cancel"), "405 POST");
  EXPECT_EQ(Match("get", "/v1/things/5"), "405 GET HEAD PATCH PUT");
  EXPECT_EQ(Match("GET", "/trellis.gateway.testing.LookupService/Plain"), "405 POST");
}

TEST(RouteTable, HeadIsNotGet) {
  EXPECT_EQ(Match("HEAD", "/v1/things/5"), "Probe id=5");
  EXPECT_EQ(Match("HEAD", "/v1/files/x"), "405 GET");
}

TEST(RouteTable, AStarBindingTakesEveryMethod) {
  EXPECT_EQ(Match("DELETE", "/v1/any/1"), "Anything id=1");
  EXPECT_EQ(Match("GET", "/v1/any/1"), "Anything id=1");
}

TEST(RouteTable, DecodesVariables) {
  EXPECT_EQ(Match("GET", "/v1/things/a%20b%2Fc"), "Get id=a b/c");
  EXPECT_EQ(Match("GET", "/v1/things/a+b"), "Get id=a+b");
  EXPECT_EQ(Match("GET", "/v1/files/a%20b%2Fc/%3a"), "File name=a b%2Fc/%3a");
  EXPECT_EQ(Match("GET", "/v1/%74hings/5"), "Get id=5");
  EXPECT_EQ(Match("GET", "/v1%2Fthings/5"), "404");
}

TEST(RouteTable, TellsAMalformedEscapeFromAnUnknownPath) {
  for (const char* path : {"/v1/things/%", "/v1/things/%2", "/v1/things/%zz", "/%", "/none/%4"}) {
    EXPECT_EQ(Match("GET", path), "400") << path;
  }
}

TEST(RouteTable, BindingsPointToTheirFields) {
  const MatchResult result = Table().Match("PATCH", "/v1/things/5");
  ASSERT_EQ(result.bindings.size(), 1u);
  const auto& chain = result.bindings[0].field->chain;
  ASSERT_EQ(chain.size(), 2u);
  EXPECT_THAT((std::vector<std::string>{chain[0]->name(), chain[1]->name()}),
              ElementsAre("nested", "id"));
}

TEST(RouteTable, SurvivesMutatedPaths) {
  const std::string seeds[] = {
      "/v1/things/5:watch",  "/v1/shelves/a/books/b", "/v1/files/a%20b/c/raw",
      "/v1/things/featured", "/v1/any/%2F%25",        "/trellis.gateway.testing.LookupService/Get"};
  const std::string_view alphabet = "/:%*{}0aF.+ \x80\xff";
  std::mt19937 random(20240607);
  for (int i = 0; i < 20000; ++i) {
    std::string path = seeds[random() % std::size(seeds)];
    for (unsigned edits = random() % 6; edits > 0; --edits) {
      const size_t at = random() % (path.size() + 1);
      const char c = alphabet[random() % alphabet.size()];
      switch (random() % 3) {
        case 0:
          path.insert(at, 1, c);
          break;
        case 1:
          path.erase(at, 1 + random() % 3);
          break;
        default:
          path.insert(at, path.substr(random() % (path.size() + 1), random() % 12));
      }
    }
    const MatchResult result = Table().Match(random() % 2 == 0 ? "GET" : "POST", path);
    if (result.outcome == MatchResult::Outcome::kFound) {
      EXPECT_EQ(result.bindings.size(), result.route->variables.size()) << path;
    } else {
      EXPECT_EQ(result.outcome == MatchResult::Outcome::kMethodNotAllowed, !result.allow.empty());
    }
  }
}

TEST(RouteTable, LongPathsAreNoProblem) {
  std::string path = "/v1/files";
  for (int i = 0; i < 8000; ++i) path += "/raw";
  EXPECT_EQ(Match("GET", path + "/x").substr(0, 14), "File name=raw/");
  EXPECT_EQ(Match("POST", path), "405 GET");
}

}  // namespace
}  // namespace trellis::gateway
