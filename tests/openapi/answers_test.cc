// What the services really answer is what the document says.
#include <gmock/gmock.h>

#include "tests/openapi/checker.h"
#include "tests/support/http_client.h"
#include "tests/support/order_stack.h"
#include "tests/support/stack.h"
#include "tests/support/weather_stack.h"

namespace trellis::testing {
namespace {

using ::testing::HasSubstr;

class OpenApiAnswersTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string reason;
    if (!HasChecker(&reason)) GTEST_SKIP() << reason;
  }

  // Asks, and keeps the answer under the path that the document has for it.
  HttpReply See(HttpClient& http, const std::string& method, const std::string& path,
                const std::string& target, int status, const std::string& json = "") {
    HttpHeaders headers;
    if (!json.empty()) headers.emplace_back("Content-Type", "application/json");
    HttpReply reply = http.Request(method, target, headers, json).value();
    EXPECT_EQ(reply.status, status) << method << " " << target << ": " << reply.body;
    Keep(method, path, reply, reply.body);
    return reply;
  }
  void Keep(std::string method, const std::string& path, const HttpReply& reply,
            const std::string& body) {
    for (char& c : method) c = static_cast<char>(tolower(c));
    seen_.push_back({path, method, reply.status, reply.Header("Content-Type"), body});
  }
  // A line or two of a server stream.
  void SeeStream(HttpClient http, const std::string& path, const std::string& target) {
    const HttpReply head = http.OpenStream(target).value();
    EXPECT_EQ(head.Header("Content-Type"), "application/x-ndjson");
    for (int i = 0; i < 2; ++i) Keep("get", path, head, http.ReadLine().value());
  }
  void ExpectAsDocumented(HttpClient http) {
    const std::string document = http.Get("/openapi.json").value().body;
    const CheckResult result = CheckDocument(document, seen_);
    EXPECT_TRUE(result.valid) << result.output;
    EXPECT_THAT(result.output, HasSubstr(std::to_string(seen_.size()) + " answers, 0 problems"));
    // That this could have failed: answers of another form.
    for (const char* other : {R"({"unheard":1})", R"([])"}) {
      std::vector<SeenAnswer> changed = {seen_.front()};
      changed.front().body = other;
      EXPECT_FALSE(CheckDocument(document, changed).valid) << other;
    }
  }

  std::vector<SeenAnswer> seen_;
};

TEST_F(OpenApiAnswersTest, OfEnqueue) {
  Stack stack({.workers = 0});
  HttpClient http = stack.Http();
  const HttpReply raw = http.PostForm("/enqueue", "as it is").value();
  Keep("post", "/enqueue", raw, raw.body);
  See(http, "POST", "/enqueue", "/enqueue", 200,
      R"({"message":"a","uniqueKey":"k","uniqueFor":"60s","delay":"3600s"})");
  See(http, "POST", "/enqueue", "/enqueue", 200,
      R"({"message":"a","uniqueKey":"k","uniqueFor":"60s"})");
  See(http, "POST", "/v1/queues/{queue}/jobs:batch", "/v1/queues/messages/jobs:batch", 200,
      R"({"jobs":[{"message":"x"},{"message":"y"}]})");
  See(http, "GET", "/v1/queues/{queue}/jobs", "/v1/queues/messages/jobs?pageSize=2", 200);
  See(http, "GET", "/v1/queues/{queue}/jobs", "/v1/queues/messages/jobs?state=SCHEDULED", 200);
  See(http, "GET", "/v1/queues", "/v1/queues", 200);
  See(http, "GET", "/v1/queues/{queue}", "/v1/queues/messages", 200);
  See(http, "POST", "/v1/queues/{queue}:pause", "/v1/queues/messages:pause", 200, "{}");
  See(http, "POST", "/v1/queues/{queue}/dead:purge", "/v1/queues/messages/dead:purge", 200, "{}");
  SeeStream(stack.Http(), "/v1/queues/{queue}:watch", "/v1/queues/messages:watch");
  // Errors, the gateway's own and the service's.
  See(http, "GET", "/v1/queues/{queue}/jobs/{id}", "/v1/queues/messages/jobs/none", 404);
  See(http, "POST", "/enqueue", "/enqueue", 400, R"({"message":7})");
  See(http, "GET", "/v1/queues/{queue}", "/v1/queues/a%20b", 400);
  See(http, "GET", "/v1/queues/{queue}", "/v1/queues/messages?colour=red", 400);
  See(http, "POST", "/enqueue", "/enqueue", 413, std::string(1024 * 1024 + 1, 'x'));
  ExpectAsDocumented(stack.Http());
}

TEST_F(OpenApiAnswersTest, OfOrder) {
  OrderStack stack;
  HttpClient http = stack.Http();
  const std::string order = R"({"id":"one","sku":"case","qty":2})";
  See(http, "PUT", "/v1/inventory/{sku}", "/v1/inventory/case", 200, R"({"quantity":10})");
  See(http, "GET", "/v1/inventory/{sku}", "/v1/inventory/case", 200);
  See(http, "GET", "/v1/inventory/{sku}", "/v1/inventory/none", 404);
  See(http, "POST", "/orders", "/orders", 200, order);
  See(http, "POST", "/orders", "/orders", 409, order);
  See(http, "POST", "/v1/orders:batchPlace", "/v1/orders:batchPlace", 200,
      R"({"requests":[{"id":"two","sku":"case","qty":1},{"id":"!"}]})");
  See(http, "POST", "/v1/orders:batchPlace", "/v1/orders:batchPlace", 400, "{}");
  EXPECT_TRUE(WaitUntil([&] { return stack.StatusOf("one") == "NOTIFIED"; }));
  See(http, "GET", "/v1/orders/{id}", "/v1/orders/one", 200);
  See(http, "GET", "/v1/orders", "/v1/orders?status=NOTIFIED", 200);
  See(http, "POST", "/v1/orders/{id}:cancel", "/v1/orders/one:cancel", 200, "{}");
  See(http, "GET", "/dashboard/metrics", "/dashboard/metrics", 200);
  SeeStream(stack.Http(), "/dashboard/metrics:watch", "/dashboard/metrics:watch");
  See(http, "GET", "/v1/dead-messages", "/v1/dead-messages", 200);
  See(http, "POST", "/v1/orders:reconcile", "/v1/orders:reconcile", 200, R"({"olderThanMs":1})");
  ExpectAsDocumented(stack.Http());
}

TEST_F(OpenApiAnswersTest, OfWeather) {
  WeatherStack stack;
  HttpClient http = stack.Http();
  See(http, "POST", "/WeatherForecast/city", "/WeatherForecast/city", 200,
      R"({"city":"New York","location":"Downtown"})");
  See(http, "POST", "/WeatherForecast/city", "/WeatherForecast/city", 400, R"({"city":""})");
  See(http, "GET", "/v1/weather/circuit", "/v1/weather/circuit", 200);
  See(http, "POST", "/v1/weather/circuit", "/v1/weather/circuit", 200, R"({"action":"ISOLATE"})");
  See(http, "POST", "/WeatherForecast/city", "/WeatherForecast/city", 503, R"({"city":"Rome"})");
  See(http, "GET", "/v1/weather/stats", "/v1/weather/stats", 200);
  ExpectAsDocumented(stack.Http());
}

}  // namespace
}  // namespace trellis::testing
