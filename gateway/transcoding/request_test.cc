#include "gateway/transcoding/request.h"

#include "gateway/routing/route_table.h"
#include "gateway/testing/kinds.pb.h"
#include "gateway/testing/violation.h"
#include "gtest/gtest.h"

namespace trellis::gateway {
namespace {

constexpr char kJson[] = "application/json";
constexpr char kForm[] = "application/x-www-form-urlencoded";

const RouteTable& Table() {
  static const auto& table = *new absl::StatusOr<RouteTable>(RouteTable::Build(
      {testing::Lookup::descriptor()->file()->FindServiceByName("LookupService")}));
  return *table;
}

std::string Show(const absl::Status& status, const google::protobuf::Message& message) {
  return status.ok() ? message.ShortDebugString() : testing::ShowViolation(status);
}

// The request in short text format, or "field| what is wrong". `target` is path?query.
std::string Fill(std::string_view method, std::string_view target, std::string_view content_type,
                 std::string_view body) {
  const size_t mark = target.find('?');
  const auto match = Table().Match(method, target.substr(0, mark));
  if (match.route == nullptr) return "(no route)";
  const std::string_view query =
      mark == std::string_view::npos ? std::string_view() : target.substr(mark + 1);
  testing::Lookup request;
  const auto status =
      FillRequest(*match.route, match.bindings, query, content_type, body, &request);
  return Show(status, request);
}

std::string Get(std::string_view target) { return Fill("GET", target, "", ""); }

// The query alone, into a Kinds.
std::string Query(std::string_view query) {
  Route route;
  testing::Kinds request;
  const auto status = FillRequest(route, {}, query, "", "", &request);
  return Show(status, request);
}

TEST(FillRequest, TakesPathVariables) {
  EXPECT_EQ(Get("/v1/things/a%20b"), R"(id: "a b")");
  EXPECT_EQ(Get("/v1/numbers/-5"), "number: -5");
  EXPECT_EQ(Get("/v1/numbers/x"), "number| expected a number");
  EXPECT_EQ(Get("/v1/colors/RED"), "color: RED");
  EXPECT_EQ(Get("/v1/colors/2"), "color: GREEN");
  EXPECT_EQ(Get("/v1/colors/PINK"), "color| not a name of this enum");
  EXPECT_EQ(Get("/v1/things/%ff"), "id| not valid UTF-8");
}

TEST(FillRequest, TakesQueryParameters) {
  EXPECT_EQ(Get("/v1/things/1?number=5&nested.name=a+b%2B&tags=x&tags=y&nested.nested.number=1"),
            R"(id: "1" number: 5 nested { name: "a b+" nested { number: 1 } } )"
            R"(tags: "x" tags: "y")");
  EXPECT_EQ(Get("/v1/things/1?"), R"(id: "1")");
  EXPECT_EQ(Get("/v1/things/1?&name&&"), R"(id: "1")");
}

TEST(FillRequest, TakesEveryKindOfQueryParameter) {
  const struct {
    const char* query;
    const char* expected;
  } cases[] = {
      {"int32Value=1&uint64_value=2", "int32_value: 1 uint64_value: 2"},
      {"doubleValue=1.5&floatValue=-Infinity", "float_value: -inf double_value: 1.5"},
      {"boolValue=true&bytesValue=-_8", R"(bool_value: true bytes_value: "\373\377")"},
      {"color=RED&colorList=GREEN&color_list=77", "color: RED color_list: GREEN color_list: 77"},
      {"otherName=a", R"(renamed: "a")"},
      {"optionalInt32=0", "optional_int32: 0"},
      {"timestamp=1970-01-01T00:00:01Z", "timestamp { seconds: 1 }"},
      {"duration=1.5s", "duration { seconds: 1 nanos: 500000000 }"},
      {"fieldMask=a,bC", R"(field_mask { paths: "a" paths: "b_c" })"},
      {"int32Wrapper=5&stringWrapper=", "int32_wrapper { value: 5 } string_wrapper { }"},
      {"int32WrapperList=1&int32WrapperList=2",
       "int32_wrapper_list { value: 1 } int32_wrapper_list { value: 2 }"},
      {"choiceNested.boolValue=true", "choice_nested { bool_value: true }"},
  };
  for (const auto& c : cases) EXPECT_EQ(Query(c.query), c.expected) << c.query;
}

TEST(FillRequest, RefusesBadQueryParameters) {
  const struct {
    const char* query;
    const char* expected;
  } cases[] = {
      {"nope=1", "nope| unknown query parameter"},
      {"=1", "| unknown query parameter"},
      {"nested.nope=1", "nested.nope| unknown query parameter"},
      {"stringValue.x=1", "stringValue.x| unknown query parameter"},
      {"nestedList.color=1", "nestedList.color| unknown query parameter"},
      {"nested=1", "nested| a message cannot be given as text"},
      {"any=1", "any| a message cannot be given as text"},
      {"stringMap=1", "stringMap| a map cannot be a query parameter"},
      {"int32Value=", "int32Value| expected a number"},
      {"boolValue=1", "boolValue| expected true or false"},
      {"duration=5", "duration| expected a duration like 1.5s"},
      {"stringValue=%zz", "stringValue| a % without two hexadecimal digits"},
      {"%zz=1", "query| a % without two hexadecimal digits"},
      {"%ff=1", "query| a parameter's name is not valid UTF-8"},
      {"stringValue=%ff", "stringValue| not valid UTF-8"},
      {"int32Value=1&int32Value=1", "int32Value| duplicate binding"},
      {"int32Value=1&int32_value=1", "int32_value| duplicate binding"},
      {"duration=1s&duration=1s", "duration| duplicate binding"},
      {"duration=1s&duration.seconds=1", "duration.seconds| duplicate binding"},
      {"duration.seconds=1&duration=1s", "duration| duplicate binding"},
      {"choiceString=a&choiceInt64=1",
       R"(choiceInt64| the oneof "choice" is set by "choiceString" already)"},
      {"choiceString=a&choiceNested.boolValue=true",
       R"(choiceNested.boolValue| the oneof "choice" is set by "choiceString" already)"},
  };
  for (const auto& c : cases) EXPECT_EQ(Query(c.query), c.expected) << c.query;
}

TEST(FillRequest, RefusesAFieldFromTwoPlaces) {
  EXPECT_EQ(Get("/v1/things/1?id=1"), "id| duplicate binding");
  EXPECT_EQ(Fill("PUT", "/v1/things/1?number=2", kJson, R"({"number":2})"),
            "number| duplicate binding: the query sets it too");
  EXPECT_EQ(Fill("PUT", "/v1/things/1?tags=a", kJson, R"({"tags":["b"]})"),
            "tags| duplicate binding: the query sets it too");
  EXPECT_EQ(Fill("PATCH", "/v1/things/1?nested.name=x", kJson, "{}"),
            "nested.name| duplicate binding: the body sets it");
  EXPECT_EQ(Fill("PUT", "/v1/things/1?name=x", kForm, "y"),
            "name| duplicate binding: the body sets it too");
}

TEST(FillRequest, ThePathMayBeRepeatedInTheBody) {
  EXPECT_EQ(Fill("PUT", "/v1/things/1", kJson, R"({"id":"1","number":2})"), R"(id: "1" number: 2)");
  EXPECT_EQ(Fill("PUT", "/v1/things/1", kJson, R"({"id":"2"})"),
            "id| duplicate binding: the path sets it to another value");
  EXPECT_EQ(Fill("PATCH", "/v1/things/1", kJson, R"({"id":"1","name":"n"})"),
            R"(nested { id: "1" name: "n" })");
  EXPECT_EQ(Fill("PATCH", "/v1/things/1", kJson, R"({"id":"2"})"),
            "nested.id| duplicate binding: the path sets it to another value");
}

TEST(FillRequest, TheBodyAndTheQueryShareAMessage) {
  EXPECT_EQ(Fill("PUT", "/v1/things/1?nested.name=a&number=3", kJson, R"({"nested":{"number":2}})"),
            R"(id: "1" number: 3 nested { name: "a" number: 2 })");
}

TEST(FillRequest, KnowsJsonByItsContentType) {
  for (const char* type :
       {"application/json", "Application/JSON", "application/json; charset=utf-8",
        " application/json ;x", "application/merge-patch+json"}) {
    EXPECT_TRUE(IsJsonContentType(type)) << type;
  }
  for (const char* type :
       {"", "text/json", "application/jsonp", "text/plain; a=application/json"}) {
    EXPECT_FALSE(IsJsonContentType(type)) << type;
  }
}

TEST(FillRequest, ABodyThatIsNotJsonGoesToTheRawField) {
  EXPECT_EQ(Fill("PUT", "/v1/things/1", kForm, "{hello & all}"),
            R"(id: "1" name: "{hello & all}")");
  EXPECT_EQ(Fill("PUT", "/v1/things/1", "", "hello"), R"(id: "1" name: "hello")");
  EXPECT_EQ(Fill("PUT", "/v1/things/1", "text/plain", "\xff"), "name| the body is not valid UTF-8");
  EXPECT_EQ(Fill("POST", "/v1/tokens", "application/octet-stream", "\xff"), R"(token: "\377")");
  EXPECT_EQ(Fill("POST", "/v1/tokens", kJson, R"("YQ==")"), R"(token: "a")");
}

TEST(FillRequest, WithoutARawFieldTheBodyIsJson) {
  EXPECT_EQ(Fill("POST", "/v1/things/1:cancel", "", R"({"number":1})"), R"(id: "1" number: 1)");
  EXPECT_EQ(Fill("POST", "/v1/things/1:cancel", kForm, ""), R"(id: "1")");
  EXPECT_EQ(Fill("POST", "/v1/things/1:cancel", kJson, ""), R"(id: "1")");
  EXPECT_EQ(Fill("POST", "/v1/things/1:cancel", kForm, "{}"),
            "body| this method reads JSON: use Content-Type application/json");
}

TEST(FillRequest, RefusesABodyThatTheRouteHasNot) {
  EXPECT_EQ(Fill("GET", "/v1/things/1", kJson, "{}"), "body| this method takes no body");
}

TEST(FillRequest, SetsNoSecondMemberOfAOneofFromARawBody) {
  // Lookup has no oneof, so a route by hand.
  Route route;
  route.body = Route::Body::kWhole;
  route.raw_body_field = testing::Kinds::descriptor()->FindFieldByName("choice_string");
  testing::Kinds request;
  const auto status = FillRequest(route, {}, "choiceInt64=1", kForm, "x", &request);
  EXPECT_EQ(Show(status, request), R"(choice_string| the oneof "choice" is set already)");
}

}  // namespace
}  // namespace trellis::gateway
