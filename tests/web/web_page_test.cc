// The page of the real gateway: each part does what it is for, in a browser, with nothing faked.
#include <gmock/gmock.h>
#include <unistd.h>

#include <iostream>

#include "tests/web/mesh_stack.h"

namespace trellis::testing {
namespace {

using ::testing::HasSubstr;

constexpr int kSkipped = 77;

class WebPageTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    if (access(TRELLIS_ACTS_STAMP, R_OK) == 0) stack_ = new MeshStack();
  }
  static void TearDownTestSuite() { delete std::exchange(stack_, nullptr); }

  void SetUp() override {
    if (stack_ == nullptr)
      GTEST_SKIP() << "the build could not fetch the browser's driver: npm "
                      "or its registry was away";
    const HttpReply page = HttpClient(stack_->http_port()).Get("/").value();
    if (page.status == 503) GTEST_SKIP() << page.body;
  }
  void TearDown() override {
    if (HasFailure() && stack_ != nullptr) std::cerr << stack_->LogTails();
  }

  // Runs a script of this directory; its exit code, 77 when there is no browser or no service.
  int Run(std::vector<std::string> command, const Variables& variables, std::string* output) {
    const base::testing::TempDir directory;
    command.insert(command.begin(), "node");
    command[1] = std::string(TRELLIS_ACTS_DIR) + "/" + command[1];
    base::testing::Subprocess node({std::move(command), variables, directory.File("log")});
    node.Start();
    int code = -1;
    const bool ended = node.Wait(base::milliseconds(180'000), &code);
    *output = node.Output();
    return ended ? code : -1;
  }
  void Act(const std::string& page, const Variables& variables = {},
           const std::string& url = Url()) {
    std::string output;
    const int code = Run({"act.mjs", page, url, TRELLIS_PICTURES_DIR}, variables, &output);
    if (code == kSkipped) GTEST_SKIP() << output;
    EXPECT_EQ(code, 0) << output << "pictures: " << TRELLIS_PICTURES_DIR;
  }
  static std::string Url() { return "http://127.0.0.1:" + std::to_string(stack_->http_port()); }

  static MeshStack* stack_;
};

MeshStack* WebPageTest::stack_ = nullptr;

TEST_F(WebPageTest, OverviewShowsTheTrafficOfAnEdge) { Act("overview"); }

TEST_F(WebPageTest, OverviewShowsWhoIsNotReady) {
  Act("unready", {{"REDIS_PID", std::to_string(stack_->redis().process().pid())}});
}

TEST_F(WebPageTest, EnqueueRetriesAndPurgesTheDead) {
  stack_->MakeDeadJobs("mail", 6);
  Act("enqueue", {{"DEAD_QUEUE", "mail"}});
}

TEST_F(WebPageTest, OrdersArePlacedAndDuplicatesShown) { Act("orders"); }

TEST_F(WebPageTest, WeatherIsAskedFor) { Act("weather"); }

TEST_F(WebPageTest, PostsArePagedThrough) { Act("posts"); }

TEST_F(WebPageTest, KeyTestEndsAtAHundredPercent) { Act("keytest"); }

TEST_F(WebPageTest, ApiIsSwaggerUi) { Act("api"); }

TEST_F(WebPageTest, SaysHowFreshItIsAndComesBack) {
  Act("live", {{"ENQUEUE_PID", std::to_string(stack_->enqueue().pid())}});
}

TEST_F(WebPageTest, SaysWhichServicesAreAway) {
  const base::testing::TempDir directory;
  ServerProcess gateway(
      "gateway", "gateway",
      GatewaySettings(0, {{"ENQUEUE_ADDR", "127.0.0.1:" + std::to_string(stack_->grpc_port())},
                          {"ORDER_ADDR", "127.0.0.1:1"}}),
      directory.File("gateway.log"));
  gateway.Start();
  Act("away", {}, "http://127.0.0.1:" + std::to_string(gateway.Port("http")));
}

TEST_F(WebPageTest, IsLight) {
  std::string output;
  EXPECT_EQ(Run({"weight.mjs", Url()}, {}, &output), 0) << output;
  EXPECT_THAT(output, HasSubstr("B in all"));
  std::cout << output;
}

// A path of an RPC is still that of the RPC.
TEST_F(WebPageTest, TakesNoPathOfTheApi) {
  HttpClient http(stack_->http_port());
  EXPECT_EQ(http.PostForm("/enqueue", "hello").value().status, 200);
  EXPECT_EQ(http.Get("/orders").value().status, 405);
  EXPECT_EQ(http.Get("/ui/nothing").value().status, 404);
  EXPECT_THAT(http.Get("/v1/queues").value().Header("Content-Type"), HasSubstr("json"));
}

}  // namespace
}  // namespace trellis::testing
