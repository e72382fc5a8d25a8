#include "mesh/app/ops.h"

#include <gmock/gmock.h>

#include "mesh/base/testing/run.h"

namespace trellis::app {
namespace {

namespace asio = boost::asio;
using ::testing::HasSubstr;

// Keeps the response.
class FakeResponder final : public http::Responder {
 public:
  asio::awaitable<bool> Send(http::Response response) override {
    response_ = std::move(response);
    co_return true;
  }
  asio::awaitable<bool> StartStream(http::Response) override { co_return false; }
  asio::awaitable<bool> Write(std::string_view) override { co_return false; }
  void OnClientGone(std::function<void()>) override {}
  [[nodiscard]] size_t reactor() const override { return 0; }
  [[nodiscard]] const http::Response& response() const { return response_; }

 private:
  http::Response response_{.status = 0, .content_type = {}, .headers = {}, .body = {}};
};

class OpsHandlerTest : public ::testing::Test {
 protected:
  http::Response Ask(std::string_view method, std::string_view path) {
    http::Request request;
    request.method = method;
    request.path = path;
    FakeResponder responder;
    const auto ask = [](OpsHandler& handler, http::Request& r,
                        FakeResponder& to) -> asio::awaitable<bool> {
      co_await handler.Handle(r, to);
      co_return true;
    };
    base::testing::RunCoroutine(context_, ask(handler_, request, responder));
    return responder.response();
  }

  asio::io_context context_{1};
  telemetry::Metrics metrics_;
  Readiness readiness_;
  OpsHandler handler_{metrics_, readiness_};
};

TEST_F(OpsHandlerTest, MetricsAreInPrometheusFormat) {
  metrics_.AddCounter("trellis_things_total", "Things.").Increment();
  const http::Response response = Ask("GET", "/metrics");
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.content_type, "text/plain; version=0.0.4; charset=utf-8");
  EXPECT_THAT(response.body, HasSubstr("trellis_things_total 1\n"));
}

TEST_F(OpsHandlerTest, MetricsSayWhatReadyzSays) {
  readiness_.Set("redis", true, "connected");
  readiness_.Inform("order", false, "cannot be reached");
  std::string text = Ask("GET", "/metrics").body;
  EXPECT_THAT(text, HasSubstr("trellis_ready 1\n"));
  EXPECT_THAT(text, HasSubstr("trellis_dependency_ready{dependency=\"redis\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("trellis_dependency_ready{dependency=\"order\"} 0\n"));
  readiness_.Set("redis", false, "gone");
  text = Ask("GET", "/metrics").body;
  EXPECT_THAT(text, HasSubstr("trellis_ready 0\n"));
  EXPECT_THAT(text, HasSubstr("trellis_dependency_ready{dependency=\"redis\"} 0\n"));
}

TEST_F(OpsHandlerTest, HealthzSaysAliveWhateverIsMissing) {
  readiness_.Set("redis", false, "gone");
  readiness_.StartDraining();
  const http::Response response = Ask("GET", "/healthz");
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.body, "{\"alive\":true}\n");
}

TEST_F(OpsHandlerTest, ReadyzIs200WhenReady) {
  readiness_.Set("redis", true, "connected");
  const http::Response response = Ask("GET", "/readyz");
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.body, readiness_.Json());
}

TEST_F(OpsHandlerTest, ReadyzIs503AndNamesWhatIsMissing) {
  readiness_.Set("redis", false, "connecting to 127.0.0.1:6379");
  const http::Response response = Ask("GET", "/readyz");
  EXPECT_EQ(response.status, 503);
  EXPECT_THAT(response.body, HasSubstr("connecting to 127.0.0.1:6379"));
}

TEST_F(OpsHandlerTest, HeadIsAnsweredAsGet) { EXPECT_EQ(Ask("HEAD", "/healthz").status, 200); }

TEST_F(OpsHandlerTest, OtherMethodIs405WithAllow) {
  const http::Response response = Ask("POST", "/healthz");
  EXPECT_EQ(response.status, 405);
  EXPECT_THAT(response.headers, ::testing::ElementsAre(::testing::Pair("Allow", "GET, HEAD")));
}

TEST_F(OpsHandlerTest, OtherPathIs404AndSaysWhatThereIs) {
  for (const char* path : {"/", "/metrics/", "/healthz/x", ""}) {
    const http::Response response = Ask("GET", path);
    EXPECT_EQ(response.status, 404) << path;
    EXPECT_THAT(response.body, HasSubstr("/metrics, /healthz and /readyz"));
  }
}

TEST_F(OpsHandlerTest, AnswerLeavesOtherPathsToTheCaller) {
  http::Response response;
  EXPECT_FALSE(handler_.Answer("/v1/jobs", &response));
  EXPECT_TRUE(handler_.Answer("/healthz", &response));
}

}  // namespace
}  // namespace trellis::app
