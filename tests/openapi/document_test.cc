// The document of the real gateway with all services: valid, and of exactly the routes that it has.
#include <gmock/gmock.h>

#include <set>

#include "gateway/openapi/service_descriptors.h"
#include "gateway/routing/route_table.h"
#include "google/api/annotations.pb.h"
#include "google/protobuf/descriptor.pb.h"
#include "simdjson.h"
#include "tests/openapi/checker.h"
#include "tests/support/http_client.h"
#include "tests/support/json.h"
#include "tests/support/server_process.h"
#include "trellis/http/v1/options.pb.h"

namespace trellis::testing {
namespace {

using ::testing::HasSubstr;

// A gateway without any service behind it: the document needs none.
class OpenApiDocumentTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    directory_ = std::make_unique<base::testing::TempDir>();
    gateway_ = std::make_unique<ServerProcess>("gateway", "gateway",
                                               Variables{{"HTTP_ADDR", "127.0.0.1:0"},
                                                         {"ENQUEUE_ADDR", "127.0.0.1:1"},
                                                         {"ORDER_ADDR", "127.0.0.1:1"},
                                                         {"WEATHER_ADDR", "127.0.0.1:1"},
                                                         {"POST_ADDR", "127.0.0.1:1"},
                                                         {"KEYTEST_ADDR", "127.0.0.1:1"}},
                                               directory_->File("gateway.log"));
    gateway_->Start();
  }
  static void TearDownTestSuite() {
    gateway_.reset();
    directory_.reset();
  }

  static HttpClient Http() { return HttpClient(gateway_->Port("http")); }
  static std::string Document() { return Http().Get("/openapi.json").value().body; }

  // "POST /enqueue trellis.enqueue.v1.EnqueueService/Enqueue" for each operation.
  static std::multiset<std::string> Documented(const std::string& document) {
    std::multiset<std::string> routes;
    simdjson::dom::parser parser;
    const simdjson::dom::object paths = parser.parse(document)["paths"];
    for (const auto [path, item] : paths) {
      const simdjson::dom::object operations = item;
      for (const auto [method, operation] : operations) {
        routes.insert(std::string(operation["x-trellis-route"].get_string().value()) + " " +
                      std::string(operation["x-trellis-rpc"].get_string().value()));
      }
    }
    return routes;
  }

 private:
  static inline std::unique_ptr<base::testing::TempDir> directory_;
  static inline std::unique_ptr<ServerProcess> gateway_;
};

TEST_F(OpenApiDocumentTest, IsValid) {
  std::string reason;
  if (!HasChecker(&reason)) GTEST_SKIP() << reason;
  const CheckResult result = CheckDocument(Document());
  EXPECT_TRUE(result.valid) << result.output;
  EXPECT_THAT(result.output, HasSubstr(" paths, 0 answers, 0 problems"));
}

// That the test above can fail.
TEST_F(OpenApiDocumentTest, ABrokenOneIsRefused) {
  std::string reason;
  if (!HasChecker(&reason)) GTEST_SKIP() << reason;
  const std::string document = Document();
  const auto with = [&document](const std::string& from, const std::string& to) {
    const size_t at = document.find(from);
    EXPECT_NE(at, document.npos) << from;
    return document.substr(0, at) + to + document.substr(at + from.size());
  };
  const CheckResult parameter = CheckDocument(with(R"("in":"path")", R"("in":"nowhere")"));
  EXPECT_FALSE(parameter.valid);
  EXPECT_THAT(parameter.output, HasSubstr("not OpenAPI"));
  const CheckResult reference =
      CheckDocument(with(R"("trellis.enqueue.v1.Job":{)", R"("trellis.enqueue.v1.Jo":{)"));
  EXPECT_FALSE(reference.valid);
  EXPECT_THAT(reference.output, HasSubstr("can't resolve reference"));
  const CheckResult type = CheckDocument(with(R"("type":"boolean")", R"("type":"maybe")"));
  EXPECT_FALSE(type.valid);
}

TEST_F(OpenApiDocumentTest, HasTheRoutesOfAllServicesAndNoOther) {
  (void)google::api::http.number();  // linked in, so that the options are understood
  (void)trellis::http::v1::http_options.number();
  google::protobuf::FileDescriptorSet set;
  ASSERT_TRUE(set.ParseFromString(std::string(gateway::ServiceDescriptors().front().content)));
  google::protobuf::DescriptorPool pool;
  std::vector<const google::protobuf::ServiceDescriptor*> services;
  for (const auto& proto : set.file()) {
    const auto* file = pool.BuildFile(proto);
    ASSERT_NE(file, nullptr) << proto.name();
    for (int i = 0; i < file->service_count(); ++i) services.push_back(file->service(i));
  }
  ASSERT_GE(services.size(), 3u);
  const auto table = gateway::RouteTable::Build(services);
  ASSERT_TRUE(table.ok()) << table.status();
  std::multiset<std::string> routes;
  for (const auto& route : table->routes()) {
    routes.insert(route->http_method + " " + route->path.text() + " " + route->rpc_path.substr(1));
  }
  EXPECT_EQ(Documented(Document()), routes);
}

// As the document says it, every operation arrives at its RPC, which cannot be reached here.
TEST_F(OpenApiDocumentTest, EveryOperationIsRouted) {
  HttpClient http = Http();
  simdjson::dom::parser parser;
  const std::string document = Document();
  const simdjson::dom::object paths = parser.parse(document)["paths"];
  int operations_seen = 0;
  for (const auto [path, item] : paths) {
    std::string target(path);
    for (size_t at; (at = target.find('{')) != target.npos;) {
      target.replace(at, target.find('}') - at + 1, "1");  // numbers and names take it
    }
    const simdjson::dom::object operations = item;
    for (const auto [method, operation] : operations) {
      std::string verb(method);
      for (char& c : verb) c = static_cast<char>(toupper(c));
      const auto reply = http.Request(verb, target, {{"X-Timeout-Ms", "2000"}});
      ASSERT_TRUE(reply.ok()) << reply.status();
      EXPECT_EQ(reply->status, 503) << verb << " " << target << ": " << reply->body;
      EXPECT_EQ(ParseError(reply->body).code, 14) << reply->body;
      ++operations_seen;
    }
  }
  EXPECT_GT(operations_seen, 40);
}

TEST_F(OpenApiDocumentTest, IsKeptByClientsUntilItChanges) {
  HttpClient http = Http();
  const HttpReply first = http.Get("/openapi.json").value();
  EXPECT_EQ(first.Header("Content-Type"), "application/json");
  EXPECT_EQ(first.Header("Cache-Control"), "no-cache");
  const HttpReply second =
      http.Get("/openapi.json", {{"If-None-Match", first.Header("ETag")}}).value();
  EXPECT_EQ(second.status, 304);
  EXPECT_EQ(second.body, "");
  EXPECT_EQ(http.Request("POST", "/openapi.json").value().status, 405);
  // A connection that stays in step after an answer without a body.
  EXPECT_EQ(http.Get("/openapi.json").value().body, first.body);
}

TEST_F(OpenApiDocumentTest, NamesOnlyServicesThatAreServed) {
  const base::testing::TempDir directory;
  ServerProcess gateway("gateway", "gateway", GatewaySettings(0, {{"ENQUEUE_ADDR", "127.0.0.1:1"}}),
                        directory.File("gateway.log"));
  gateway.Start();
  const std::string document = HttpClient(gateway.Port("http")).Get("/openapi.json").value().body;
  EXPECT_THAT(document, HasSubstr("trellis.enqueue.v1.Job"));
  EXPECT_EQ(document.find("trellis.order"), document.npos);
}

}  // namespace
}  // namespace trellis::testing
