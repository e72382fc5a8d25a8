// /docs of the real gateway: whole, and from nowhere else.
#include <gmock/gmock.h>

#include <regex>

#include "tests/openapi/checker.h"
#include "tests/support/http_client.h"
#include "tests/support/server_process.h"
#include "tests/support/stack.h"

namespace trellis::testing {
namespace {

using ::testing::HasSubstr;

class DocsPageTest : public ::testing::Test {
 protected:
  DocsPageTest() {
    gateway_.Start();
    page_ = Get("/docs");
  }
  void SetUp() override {
    if (page_.status == 503) GTEST_SKIP() << "the gateway was built without npm: " << page_.body;
  }
  HttpReply Get(const std::string& target) {
    return HttpClient(gateway_.Port("http")).Get(target).value();
  }
  // What the page loads or links to.
  [[nodiscard]] std::vector<std::string> Links() const {
    std::vector<std::string> links;
    const std::regex link("(?:href|src)=\"([^\"]*)\"");
    for (std::sregex_iterator at(page_.body.begin(), page_.body.end(), link), end; at != end;
         ++at) {
      links.push_back((*at)[1]);
    }
    return links;
  }

  const base::testing::TempDir directory_;
  ServerProcess gateway_{"gateway", "gateway",
                         GatewaySettings(0, {{"ENQUEUE_ADDR", "127.0.0.1:1"}}),
                         directory_.File("gateway.log")};
  HttpReply page_;
};

TEST_F(DocsPageTest, LoadsOnlyWhatTheGatewayHas) {
  EXPECT_EQ(page_.status, 200);
  EXPECT_EQ(page_.Header("Content-Type"), "text/html; charset=utf-8");
  const std::vector<std::string> links = Links();
  EXPECT_GE(links.size(), 4u);
  for (const std::string& link : links) {
    EXPECT_EQ(link.find("//"), link.npos) << "another host: " << link;
    const HttpReply reply = Get("/" + link);
    EXPECT_EQ(reply.status, 200) << link;
    EXPECT_FALSE(reply.body.empty()) << link;
    const std::string type = link.ends_with(".css")   ? "text/css; charset=utf-8"
                             : link.ends_with(".js")  ? "text/javascript; charset=utf-8"
                             : link.ends_with(".png") ? "image/png"
                                                      : "application/json";
    EXPECT_EQ(reply.Header("Content-Type"), type) << link;
  }
  EXPECT_THAT(Get("/docs/swagger-ui-bundle.js").body, HasSubstr("SwaggerUIBundle"));
}

TEST_F(DocsPageTest, SwitchesTheOnlineValidatorOff) {
  EXPECT_THAT(Get("/docs/page.js").body, HasSubstr("validatorUrl: null"));
  EXPECT_THAT(page_.Header("Content-Security-Policy"), HasSubstr("default-src 'none'"));
}

TEST_F(DocsPageTest, NoPathLeadsOutOfIt) {
  for (const char* path :
       {"/docs/../openapi.json/x", "/docs/../../../../etc/passwd", "/docs/%2e%2e/etc/passwd",
        "/docs//etc/passwd", "/docs/package.json", "/docs/node_modules", "/docs/.npmrc"}) {
    EXPECT_EQ(Get(path).status, 404) << path;
  }
}

TEST_F(DocsPageTest, WorksInABrowser) {
  std::string reason;
  if (!HasChecker(&reason)) GTEST_SKIP() << reason;
  const Stack stack({.workers = 0});
  const CheckResult result = CheckDocsPage("http://127.0.0.1:" + std::to_string(stack.http_port()));
  if (result.skipped) GTEST_SKIP() << result.output;
  EXPECT_TRUE(result.valid) << result.output;
  EXPECT_THAT(result.output, HasSubstr("GET /v1/queues: 200"));
}

}  // namespace
}  // namespace trellis::testing
