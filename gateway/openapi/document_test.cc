#include "gateway/openapi/document.h"

#include <map>

#include "gateway/testing/kinds.pb.h"
#include "gateway/testing/parse_service.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "mesh/base/testing/subprocess.h"
#include "simdjson.h"

namespace trellis::gateway {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

// The document of one service, looked at by JSON pointers.
class Document {
 public:
  explicit Document(const google::protobuf::ServiceDescriptor* service)
      : routes_(RouteTable::Build({service}).value()),
        text_(OpenApiDocument(routes_, comments_, "1.2.3")),
        root_(parser_.parse(text_)) {}

  [[nodiscard]] const std::string& text() const { return text_; }
  [[nodiscard]] const RouteTable& routes() const { return routes_; }
  [[nodiscard]] simdjson::dom::element root() const { return root_; }

  [[nodiscard]] std::string At(const std::string& pointer) const {
    simdjson::dom::element element;
    if (root_.at_pointer(pointer).get(element)) return "(nothing)";
    return simdjson::minify(element);
  }
  // Of an operation: "path id, query name, ...".
  [[nodiscard]] std::string Parameters(const std::string& path, const std::string& method) const {
    std::string text;
    simdjson::dom::array parameters;
    if (root_.at_pointer("/paths/" + Escaped(path) + "/" + method + "/parameters")
            .get(parameters)) {
      return "(nothing)";
    }
    for (const simdjson::dom::element parameter : parameters) {
      text.append(text.empty() ? "" : ", ").append(parameter["in"].get_string().value());
      text.append(" ").append(parameter["name"].get_string().value());
    }
    return text;
  }
  [[nodiscard]] std::string Of(const std::string& path, const std::string& pointer) const {
    return At("/paths/" + Escaped(path) + "/" + pointer);
  }

 private:
  static std::string Escaped(const std::string& path) {
    std::string text;
    for (const char c : path) text += c == '/' ? "~1" : std::string(1, c);
    return text;
  }

  const Comments comments_ =
      Comments::Parse(base::testing::ReadFile(TRELLIS_KINDS_DESCRIPTORS)).value();
  const RouteTable routes_;
  const std::string text_;
  simdjson::dom::parser parser_;
  simdjson::dom::element root_;
};

const google::protobuf::ServiceDescriptor* LookupService() {
  return testing::Lookup::descriptor()->file()->FindServiceByName("LookupService");
}

class DocumentTest : public ::testing::Test {
 protected:
  const Document document_{LookupService()};
};

TEST_F(DocumentTest, SaysWhatItIs) {
  EXPECT_EQ(document_.At("/openapi"), "\"3.1.0\"");
  EXPECT_EQ(document_.At("/info/version"), "\"1.2.3\"");
  EXPECT_EQ(document_.At("/tags/0"),
            R"({"name":"trellis.gateway.testing.LookupService","description":)"
            R"("Finds things.\n\n    and code"})");
}

TEST_F(DocumentTest, IsTheSameEachTime) {
  EXPECT_EQ(Document(LookupService()).text(), document_.text());
}

TEST_F(DocumentTest, HasEveryRouteAndNoOther) {
  std::multiset<std::string> documented;
  std::set<std::string> ids;
  const simdjson::dom::object paths = document_.root()["paths"];
  for (const auto [path, item] : paths) {
    const simdjson::dom::object operations = item;
    for (const auto [method, operation] : operations) {
      EXPECT_TRUE(ids.insert(std::string(operation["operationId"].get_string().value())).second);
      documented.insert(std::string(operation["x-trellis-route"].get_string().value()) + " " +
                        std::string(operation["x-trellis-rpc"].get_string().value()));
    }
  }
  std::multiset<std::string> expected;
  for (const auto& route : document_.routes().routes()) {
    const int times = route->http_method == "*" ? 5 : 1;  // get, put, post, delete, patch
    for (int i = 0; i < times; ++i) {
      expected.insert(route->http_method + " " + route->path.text() + " " +
                      route->rpc_path.substr(1));
    }
  }
  EXPECT_GT(expected.size(), 20u);
  EXPECT_EQ(documented, expected);
}

TEST_F(DocumentTest, PathsThatOpenApiTakesForOneShareTheirNames) {
  EXPECT_EQ(document_.Of("/v1/things/{id}", "get/x-trellis-rpc"),
            "\"trellis.gateway.testing.LookupService/Get\"");
  EXPECT_EQ(document_.Of("/v1/things/{id}", "patch/x-trellis-route"),
            "\"PATCH /v1/things/{nested.id}\"");
  EXPECT_EQ(document_.Of("/v1/things/{id}", "patch/parameters/0"),
            R"({"name":"id","in":"path","required":true,"description":)"
            R"("Of the thing.\n\nThe field `nested.id`.","schema":{"type":"string"}})");
  EXPECT_EQ(document_.Of("/v1/things/{nested.id}", "patch"), "(nothing)");
}

TEST_F(DocumentTest, PathParametersHaveTheTypesOfTheirFields) {
  EXPECT_EQ(document_.Of("/v1/numbers/{number}", "get/parameters/0/schema/format"), "\"int64\"");
  EXPECT_EQ(document_.Of("/v1/colors/{color}", "get/parameters/0/schema"),
            R"({"$ref":"#/components/schemas/trellis.gateway.testing.Color"})");
  EXPECT_THAT(document_.Of("/v1/files/{name}", "get/parameters/0/description"),
              HasSubstr("several segments"));
  EXPECT_THAT(document_.Of("/v1/shelves/{name_1}/books/{name_2}", "get/parameters/1/description"),
              HasSubstr("Part of `name`"));
}

TEST_F(DocumentTest, QueryParametersAreWhatPathAndBodyLeave) {
  EXPECT_EQ(document_.Parameters("/v1/things/{id}", "get"),
            "path id, query name, query number, query nested.id, query nested.name, "
            "query nested.number, query nested.tags, query nested.color, query nested.token, "
            "query tags, query color, query token");
  EXPECT_EQ(document_.Parameters("/v1/things/{id}", "patch"),
            "path id, query id, query name, query number, query tags, query color, query token")
      << "the body is `nested`";
  EXPECT_EQ(document_.Parameters("/v1/things/{id}:cancel", "post"), "path id");
  EXPECT_THAT(document_.Parameters("/v1/things/{id}", "put"), HasSubstr("query number"))
      << "a body of another type than JSON leaves them";
  EXPECT_THAT(document_.Parameters("/v1/things/{id}", "put"), Not(HasSubstr("query name")));
  EXPECT_EQ(document_.Of("/v1/things/featured", "get/parameters/0"),
            R"({"name":"id","in":"query","description":"Of the thing.",)"
            R"("schema":{"type":"string"}})");
  EXPECT_THAT(document_.text(), HasSubstr(R"({"name":"tags","in":"query","schema":{"type":"array",)"
                                          R"("items":{"type":"string"}}})"));
}

TEST_F(DocumentTest, RequestBodies) {
  constexpr char kLookup[] = R"({"$ref":"#/components/schemas/trellis.gateway.testing.Lookup"})";
  const std::string whole = std::string(R"({"application/json":{"schema":)") + kLookup + "}}";
  EXPECT_EQ(document_.Of("/v1/things/{id}", "get/requestBody"), "(nothing)");
  EXPECT_EQ(document_.Of("/v1/things/{id}:cancel", "post/requestBody/content"), whole);
  EXPECT_EQ(document_.Of("/v1/things/{id}", "patch/requestBody/content"), whole)
      << "the field `nested`";
  EXPECT_EQ(document_.Of("/v1/things/{id}", "put/requestBody/content/text~1plain"),
            R"({"schema":{"type":"string","description":"of the person"}})");
  EXPECT_EQ(document_.Of("/v1/tokens", "post/requestBody/content"),
            R"({"application/json":{"schema":{"type":"string","contentEncoding":"base64"}},)"
            R"("application/octet-stream":{"schema":{}}})");
}

TEST_F(DocumentTest, Responses) {
  constexpr char kKinds[] = R"({"$ref":"#/components/schemas/trellis.gateway.testing.Kinds"})";
  const std::string ok = "/responses/200/content/application~1json/schema";
  EXPECT_EQ(document_.Of("/v1/things/{id}", "get" + ok), kKinds);
  EXPECT_EQ(document_.Of("/v1/things/{id}", "put" + ok),
            R"({"type":"array","items":{"type":"integer","format":"int32"}})")
      << "response_body";
  EXPECT_EQ(document_.Of("/v1/numbers/{number}", "get" + ok),
            std::string(R"({"anyOf":[)") + kKinds + R"(,{"type":"null"}]})")
      << "response_body, not set";
  EXPECT_EQ(document_.Of("/v1/things/{id}", "head/responses/200/content"), "(nothing)");
}

TEST_F(DocumentTest, ServerStreams) {
  const std::string ok = "get/responses/200/content";
  EXPECT_EQ(document_.Of("/v1/things/{id}:watch", ok + "/application~1x-ndjson/schema/oneOf"),
            R"([{"type":"object","properties":{"result":{"$ref":)"
            R"("#/components/schemas/trellis.gateway.testing.Kinds"}},"required":["result"]},)"
            R"({"type":"object","properties":{"error":{"$ref":)"
            R"("#/components/schemas/google.rpc.Status"}},"required":["error"]}])");
  EXPECT_EQ(document_.Of("/v1/things/{id}:watch", ok + "/text~1event-stream/schema/type"),
            "\"string\"");
  EXPECT_EQ(document_.Of("/v1/things/{id}:watch", ok + "/application~1json"), "(nothing)");
}

TEST_F(DocumentTest, ErrorsAreThoseOfTheGatewayAndOfTheComment) {
  std::vector<std::string> statuses;
  simdjson::dom::object responses;
  ASSERT_FALSE(
      document_.root().at_pointer("/paths/~1v1~1things~1{id}/get/responses").get(responses));
  for (const auto [status, response] : responses) statuses.emplace_back(status);
  EXPECT_THAT(statuses, ElementsAre("200", "400", "404", "500", "503", "504", "default"));
  EXPECT_NE(document_.Of("/v1/things/{id}:cancel", "post/responses/413"), "(nothing)");
  EXPECT_EQ(document_.At("/components/responses/Error404/content/application~1json/schema/$ref"),
            "\"#/components/schemas/google.rpc.Status\"");
  EXPECT_EQ(document_.At("/components/responses/Error400/description"),
            R"("INVALID_ARGUMENT, FAILED_PRECONDITION or OUT_OF_RANGE; where a field is to )"
            R"(blame, `details` has a google.rpc.BadRequest with it.")");
  EXPECT_NE(document_.At("/components/responses/Error503/headers/Retry-After"), "(nothing)");
  EXPECT_EQ(document_.At("/components/responses/Error409"), "(nothing)") << "nobody refers to it";
  EXPECT_EQ(document_.At("/components/schemas/google.rpc.Status/required"),
            R"(["code","message","details"])");
}

TEST_F(DocumentTest, OperationsAreDescribed) {
  EXPECT_EQ(document_.Of("/v1/things/{id}", "get/summary"), "\"Finds a thing\"");
  EXPECT_THAT(document_.Of("/v1/things/{id}", "get/description"), HasSubstr("there is none;"));
  EXPECT_EQ(document_.Of("/v1/things/featured", "get/summary"), "\"Featured\"");
  EXPECT_EQ(document_.Of("/v1/things/{id}", "get/tags"),
            R"(["trellis.gateway.testing.LookupService"])");
  EXPECT_EQ(document_.Of("/trellis.gateway.testing.LookupService/Plain", "post/tags"),
            R"(["trellis.gateway.testing.LookupService by RPC name"])");
}

TEST(OpenApiDocument, HasTheStyleOfTheRoutesJson) {
  const Document document(testing::ParseService(R"(
      method { name: "A" options { [google.api.http] { get: "/v1/a/{number}" }
          [trellis.http.v1.http_options] { proto_names: true numeric_int64: true } } }
      method { name: "B" options { [google.api.http] { get: "/v1/b/{number}" } } })"));
  const std::string ok = "get/responses/200/content/application~1json/schema/$ref";
  EXPECT_EQ(document.Of("/v1/a/{number}", ok),
            "\"#/components/schemas/trellis.gateway.testing.Kinds.proto_names.numeric_int64\"");
  EXPECT_EQ(document.Of("/v1/b/{number}", ok),
            "\"#/components/schemas/trellis.gateway.testing.Kinds\"");
  EXPECT_EQ(document.Of("/v1/a/{number}", "get/parameters/0/schema"),
            R"({"type":"integer","format":"int64"})");
  EXPECT_EQ(document.Of("/v1/b/{number}", "get/parameters/0/schema/type"), "\"string\"");
  EXPECT_EQ(document.Of("/v1/a/{number}", "get/responses/400/$ref"),
            document.Of("/v1/b/{number}", "get/responses/400/$ref"))
      << "errors have one form";
}

TEST(OpenApiDocument, NotesWhatOpenApiCannotTellApart) {
  const Document document(testing::ParseService(R"(
      method { name: "A" options { [google.api.http] { get: "/v1/{id}" } } }
      method { name: "B" options { [google.api.http] { get: "/v1/{name=**}" } } })"));
  EXPECT_THAT(document.Of("/v1/{id}", "get/x-trellis-rpc"), HasSubstr("/A\""));
  EXPECT_THAT(document.Of("/v1/{id}", "get/x-trellis-also/0/x-trellis-rpc"), HasSubstr("/B\""));
  EXPECT_EQ(document.Of("/v1/{id}", "get/x-trellis-also/0/x-trellis-route"),
            "\"GET /v1/{name=**}\"");
}

TEST(OpenApiDocument, AMethodThatOpenApiDoesNotKnowIsAnExtension) {
  const Document document(testing::ParseService(R"(
      method { name: "A"
               options { [google.api.http] { custom { kind: "REPORT" path: "/v1/x" } } } })"));
  EXPECT_EQ(document.Of("/v1/x", "x-report/x-trellis-route"), "\"REPORT /v1/x\"");
}

TEST(OpenApiDocument, ARouteForAnyMethodTakesWhatIsFree) {
  const Document document(testing::ParseService(R"(
      method { name: "Any"
               options { [google.api.http] { custom { kind: "*" path: "/v1/x" } } } }
      method { name: "Get" options { [google.api.http] { get: "/v1/x" } } })"));
  EXPECT_THAT(document.Of("/v1/x", "get/x-trellis-rpc"), HasSubstr("/Get\""));
  EXPECT_THAT(document.Of("/v1/x", "delete/x-trellis-rpc"), HasSubstr("/Any\""));
}

}  // namespace
}  // namespace trellis::gateway
