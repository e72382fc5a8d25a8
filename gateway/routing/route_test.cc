#include "gateway/routing/route.h"

#include "gateway/routing/route_table.h"
#include "gateway/testing/kinds.pb.h"
#include "gateway/testing/parse_service.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "mesh/base/status.h"

namespace trellis::gateway {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using testing::ParseService;

std::string BuildError(const std::string& methods) {
  const auto table = RouteTable::Build({ParseService(methods)});
  return table.ok() ? "(built)" : base::MessageOf(table.status());
}

std::string Rpc(const std::string& name, const std::string& rule,
                const std::string& raw_field = "") {
  std::string options = "[google.api.http] {" + rule + "}";
  if (!raw_field.empty()) {
    options += "[trellis.http.v1.http_options] { raw_body_field: \"" + raw_field + "\" }";
  }
  return "method { name: \"" + name + "\" options {" + options + "} }";
}

TEST(Route, HoldsEverythingThatTheOptionsSay) {
  const auto* method = testing::Lookup::descriptor()
                           ->file()
                           ->FindServiceByName("LookupService")
                           ->FindMethodByName("Replace");
  const auto routes = RoutesOfMethod(*method);
  ASSERT_TRUE(routes.ok()) << routes.status();
  ASSERT_EQ(routes->size(), 2u);
  const Route& route = routes->front();
  EXPECT_EQ(route.method, method);
  EXPECT_EQ(route.rpc_path, "/trellis.gateway.testing.LookupService/Replace");
  EXPECT_EQ(route.http_method, "PUT");
  EXPECT_EQ(route.path.text(), "/v1/things/{id}");
  ASSERT_EQ(route.variables.size(), 1u);
  EXPECT_EQ(route.variables[0].leaf()->name(), "id");
  EXPECT_EQ(route.body, Route::Body::kWhole);
  EXPECT_EQ(route.response_body_field->name(), "int32_list");
  EXPECT_EQ(route.raw_body_field->name(), "name");
  const Route& automatic = routes->back();
  EXPECT_EQ(automatic.http_method, "POST");
  EXPECT_EQ(automatic.path.text(), "/trellis.gateway.testing.LookupService/Replace");
  EXPECT_EQ(automatic.body, Route::Body::kWhole);
  EXPECT_EQ(automatic.response_body_field, nullptr);
  EXPECT_EQ(automatic.raw_body_field->name(), "name");
}

TEST(Route, RefusesOptionsThatNameNoFittingField) {
  const struct {
    const char* rule;
    const char* raw_field;
    const char* named;
  } cases[] = {
      {"get: \"/a/{nope}\"", "", "\"nope\""},
      {"get: \"/a/{nested.nope}\"", "", "\"nested.nope\""},
      {"get: \"/a/{id.nope}\"", "", "\"id\" has no fields"},
      {"get: \"/a/{nested}\"", "", "\"nested\" is repeated or a message"},
      {"get: \"/a/{tags}\"", "", "\"tags\" is repeated or a message"},
      {"get: \"/a/{tags.x}\"", "", "\"tags\" has no fields"},
      {"post: \"/a\" body: \"nope\"", "", "body names the field \"nope\""},
      {"post: \"/a\" body: \"nested.id\"", "", "body names the field \"nested.id\""},
      {"get: \"/a\" response_body: \"nope\"", "", "response_body names the field \"nope\""},
      {"post: \"/a\" body: \"*\"", "nope", "raw_body_field names the field \"nope\""},
      {"post: \"/a\" body: \"*\"", "number", "\"number\", which is not a singular string"},
      {"post: \"/a\" body: \"*\"", "tags", "\"tags\", which is not a singular string"},
      {"get: \"/a/{\"", "", "\"/a/{\""},
      {"body: \"*\"", "", "without an HTTP method"},
  };
  for (const auto& c : cases) {
    EXPECT_THAT(BuildError(Rpc("Broken", c.rule, c.raw_field)),
                AllOf(HasSubstr(".Broken: "), HasSubstr(c.named)))
        << c.rule;
  }
}

TEST(Route, RefusesTwoMethodsOnOneBinding) {
  const char* const pairs[][2] = {
      {"get: \"/a/{id}\"", "get: \"/a/{name}\""},
      {"get: \"/a/{id}/b\"", "get: \"/a/*/b\""},
      {"get: \"/a/{id=b/**}\"", "get: \"/a/b/{name=**}\""},
      {"get: \"/a/{id}:v\"", "get: \"/a/*:v\""},
      {"get: \"/a\"", "post: \"/b\" additional_bindings { custom { kind: \"GET\" path: \"/a\" } }"},
  };
  for (const auto& pair : pairs) {
    EXPECT_THAT(BuildError(Rpc("First", pair[0]) + Rpc("Second", pair[1])),
                AllOf(HasSubstr(".First and "), HasSubstr(".Second have the same HTTP binding")))
        << pair[0];
  }
}

TEST(Route, AllowsWhatOnlyLooksAlike) {
  const char* const pairs[][2] = {
      {"get: \"/a/{id}\"", "post: \"/a/{id}\""},
      {"get: \"/a/{id}\"", "get: \"/a/{id}:v\""},
      {"get: \"/a/{id}\"", "get: \"/a/b\""},
      {"get: \"/a/{id}\"", "get: \"/a/{name=**}\""},
      {"get: \"/a\"", "custom { kind: \"*\" path: \"/a\" }"},
  };
  for (const auto& pair : pairs) {
    EXPECT_EQ(BuildError(Rpc("First", pair[0]) + Rpc("Second", pair[1])), "(built)") << pair[0];
  }
}

TEST(Route, RefusesABindingOfAClientStreamingMethod) {
  EXPECT_THAT(BuildError("method { name: \"Up\" client_streaming: true options {"
                         "[google.api.http] { post: \"/up\" body: \"*\" } } }"),
              AllOf(HasSubstr(".Up: "), HasSubstr("client-streaming")));
}

TEST(Route, AMethodMaySpellItsDefaultBindingOut) {
  const auto* service = ParseService("method { name: \"A\" }");
  const std::string path = "/trellis.gateway.testing.Parsed";
  const int next = std::stoi(service->name().substr(6)) + 1;
  const auto* spelled =
      ParseService(Rpc("A", "post: \"" + path + std::to_string(next) + "/A\" body: \"nested\""));
  const auto table = RouteTable::Build({spelled});
  ASSERT_TRUE(table.ok()) << table.status();
  ASSERT_EQ(table->routes().size(), 1u);
  EXPECT_EQ(table->routes()[0]->body, Route::Body::kField);
}

}  // namespace
}  // namespace trellis::gateway
