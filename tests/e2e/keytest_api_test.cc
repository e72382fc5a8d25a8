// What a client of the KeyTest service sees over HTTP, and what its metrics are called. Alerts and
// dashboards stand on the names: whoever changes one changes keytest_metrics.golden with it.
#include <gmock/gmock.h>

#include <set>
#include <sstream>

#include "tests/support/json.h"
#include "tests/support/keytest_stack.h"

namespace trellis::testing {
namespace {

using keytest::v1::Status;
using ::testing::ElementsAre;
using ::testing::ElementsAreArray;

class KeytestApiTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() { shared_ = std::make_unique<KeytestStack>(); }
  static void TearDownTestSuite() { shared_.reset(); }
  void TearDown() override {
    (void)Post("/v1/keytest:stop", "{}");
    if (HasFailure()) std::cerr << shared_->LogTails();
  }
  static KeytestStack& stack() { return *shared_; }
  static HttpReply Post(const std::string& path, const std::string& json) {
    const auto reply = stack().Http().PostJson(path, json);
    EXPECT_TRUE(reply.ok()) << reply.status();
    return reply.ok() ? *reply : HttpReply();
  }

 private:
  static inline std::unique_ptr<KeytestStack> shared_;
};

TEST_F(KeytestApiTest, TheSeedsTestEndsAtAHundredPercent) {
  const HttpReply reply = Post("/v1/keytest:start", R"({"keys":1000})");
  ASSERT_EQ(reply.status, 200) << reply.body;
  const auto started = FromJson<Status>(reply.body);
  EXPECT_EQ(started.state(), Status::GENERATING);
  EXPECT_EQ(started.delay_ms(), 1);
  EXPECT_EQ(started.ttl_ms(), 100);
  EXPECT_EQ(started.dedup_window_ms(), 5000);
  EXPECT_FALSE(started.run_id().empty());
  ASSERT_TRUE(stack().AwaitDone());
  const Status status = stack().Status();
  EXPECT_EQ(status.state(), Status::DONE);
  EXPECT_EQ(status.generated(), 1000);
  EXPECT_EQ(status.consumed(), 1000);
  EXPECT_EQ(status.percent(), 100);
  EXPECT_EQ(status.run_id(), started.run_id());
  int64_t counted = 0;
  for (const auto& bucket : status.lateness()) counted += bucket.count();
  EXPECT_EQ(counted, 1000);
  EXPECT_GT(status.lateness_p99_ms(), 0);
  EXPECT_TRUE(status.has_ended_at());
  // The seed's own counters.
  EXPECT_EQ(stack().redis().Run({"GET", "metrics:generated"}).Text(), "1000");
  EXPECT_EQ(stack().redis().Run({"GET", "metrics:consumed"}).Text(), "1000");
  // A consumer counts what Redis has counted.
  EXPECT_TRUE(WaitUntil([&] {
    return stack().ConsumersMetric(R"(trellis_keytest_events_total{outcome="consumed"})") == 1000;
  }));
}

TEST_F(KeytestApiTest, ASecondStartIsAFailedPrecondition) {
  ASSERT_EQ(Post("/v1/keytest:start", R"({"keys":5,"ttlMs":60000})").status, 200);
  const HttpReply reply = Post("/v1/keytest:start", R"({"keys":5})");
  EXPECT_EQ(reply.status, 400);
  EXPECT_EQ(ParseError(reply.body).code, 9);
}

TEST_F(KeytestApiTest, AStopWritesNoFurtherKeysAndASecondOneIsRefused) {
  ASSERT_EQ(Post("/v1/keytest:start", R"({"keys":1000,"delayMs":50})").status, 200);
  const HttpReply reply = Post("/v1/keytest:stop", "{}");
  ASSERT_EQ(reply.status, 200) << reply.body;
  EXPECT_EQ(FromJson<Status>(reply.body).state(), Status::STOPPED);
  EXPECT_LT(stack().Status().generated(), 1000);
  const HttpReply again = Post("/v1/keytest:stop", "{}");
  EXPECT_EQ(again.status, 400);
  EXPECT_EQ(ParseError(again.body).code, 9);
  // The next one counts from zero.
  ASSERT_EQ(Post("/v1/keytest:start", R"({"keys":10,"ttlMs":1})").status, 200);
  ASSERT_TRUE(stack().AwaitDone());
  EXPECT_EQ(stack().Status().consumed(), 10);
}

TEST_F(KeytestApiTest, WhatIsOutOfBoundsNamesItsField) {
  const auto refused = [](const std::string& json) {
    const HttpReply reply = Post("/v1/keytest:start", json);
    EXPECT_EQ(reply.status, 400) << json;
    return ParseError(reply.body).fields;
  };
  EXPECT_THAT(refused("{}"), ElementsAre("keys"));
  EXPECT_THAT(refused(R"({"keys":1000001})"), ElementsAre("keys"));
  EXPECT_THAT(refused(R"({"keys":1,"delayMs":-1})"), ElementsAre("delay_ms"));
  EXPECT_THAT(refused(R"({"keys":1,"ttlMs":0})"), ElementsAre("ttl_ms"));
  EXPECT_THAT(refused(R"({"keys":1,"dedupWindowMs":0})"), ElementsAre("dedup_window_ms"));
}

TEST_F(KeytestApiTest, MetricsAreThoseOfTheGoldenFile) {
  std::vector<std::string> golden;
  std::istringstream text(base::testing::ReadFile(TRELLIS_GOLDEN));
  for (std::string line; std::getline(text, line);) golden.push_back(line);
  std::set<std::string> names;
  for (const std::string& name : stack().service().MetricNames()) names.insert("keytest " + name);
  for (const std::string& name : stack().consumer(0).MetricNames()) {
    names.insert("keytest-consumer " + name);
  }
  std::string all;
  for (const std::string& name : names) all += name + "\n";
  EXPECT_THAT(names, ElementsAreArray(golden)) << "they are now:\n" << all;
}

TEST_F(KeytestApiTest, AWatchIsAStreamOfEvents) {
  HttpClient http = stack().Http();
  const auto head =
      http.OpenStream("/v1/keytest:watch?intervalMs=100", {{"Accept", "text/event-stream"}});
  ASSERT_TRUE(head.ok()) << head.status();
  EXPECT_EQ(head->Header("Content-Type"), "text/event-stream");
  ASSERT_EQ(Post("/v1/keytest:start", R"({"keys":200})").status, 200);
  bool done = false;
  for (int lines = 0; lines < 400 && !done; ++lines) {
    const std::string line = http.ReadLine().value_or("");
    if (!line.starts_with("data: ")) continue;
    const auto status = FromJson<Status>(line.substr(6));
    EXPECT_EQ(status.generated(), status.consumed() + status.pending() + status.dead());
    done = status.state() == Status::DONE && status.consumed() == 200;
  }
  EXPECT_TRUE(done);
  EXPECT_EQ(stack().Http().Get("/v1/keytest:watch?intervalMs=5")->status, 400);
}

}  // namespace
}  // namespace trellis::testing
