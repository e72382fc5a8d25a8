#include "gateway/openapi/path_shape.h"

#include "gateway/testing/kinds.pb.h"
#include "gateway/testing/parse_service.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace trellis::gateway {
namespace {

std::string PathOf(const std::string& path_template) {
  const auto* service = testing::ParseService(
      "method { name: \"A\" options { [google.api.http] { get: \"" + path_template + "\" } } }");
  const auto routes = RoutesOfMethod(*service->method(0));
  if (!routes.ok()) return routes.status().ToString();
  const PathShape shape = ShapeOf(routes->front());
  return shape.Path(shape.Names());
}

TEST(PathShape, NamesEveryWildcard) {
  EXPECT_EQ(PathOf("/"), "/");
  EXPECT_EQ(PathOf("/v1/things"), "/v1/things");
  EXPECT_EQ(PathOf("/v1/things/{id}"), "/v1/things/{id}");
  EXPECT_EQ(PathOf("/v1/things/{id}:watch"), "/v1/things/{id}:watch");
  EXPECT_EQ(PathOf("/v1/things:start"), "/v1/things:start");
  EXPECT_EQ(PathOf("/v1/{nested.id}/x/{name}"), "/v1/{nested.id}/x/{name}");
  EXPECT_EQ(PathOf("/v1/{name=shelves/*/books/*}"), "/v1/shelves/{name_1}/books/{name_2}");
  EXPECT_EQ(PathOf("/v1/files/{name=**}/raw"), "/v1/files/{name}/raw");
  EXPECT_EQ(PathOf("/v1/*/x/{id}"), "/v1/{segment2}/x/{id}");
  EXPECT_EQ(PathOf("/v1/{name=fixed}"), "/v1/fixed");
}

TEST(PathShape, HasOneKeyForWhatOpenApiCannotTellApart) {
  const auto* service = testing::ParseService(R"(
      method { name: "A" options { [google.api.http] { get: "/v1/{id}:x" } } }
      method { name: "B" options { [google.api.http] { get: "/v1/{name=**}:x" } } }
      method { name: "C" options { [google.api.http] { get: "/v1/{id}:y" } } })");
  const auto key = [service](int i) {
    return ShapeOf(RoutesOfMethod(*service->method(i))->front()).key;
  };
  EXPECT_EQ(key(0), "/v1/{}:x");
  EXPECT_EQ(key(1), key(0));
  EXPECT_NE(key(2), key(0));
}

}  // namespace
}  // namespace trellis::gateway
