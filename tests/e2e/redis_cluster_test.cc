// The service and the worker on a Redis that insists on slots: one node of a cluster that has them
// all. Cross-slot commands and undeclared keys of other slots are errors there.
#include <gtest/gtest.h>

#include <set>

#include "tests/support/job_view.h"
#include "tests/support/load.h"
#include "tests/support/stack_fixture.h"

namespace trellis::testing {
namespace {

class RedisClusterTest : public StackTest {
 protected:
  void SetUp() override {
    // The port for other nodes would be beyond the last one for many a port of Redis' own.
    Make({.workers = 1,
          .redis_arguments = {"--cluster-enabled", "yes", "--cluster-port",
                              std::to_string(StablePort())},
          .redis_setup = {{"CLUSTER", "ADDSLOTSRANGE", "0", "16383"}}});
  }

  // Adds the keys that there are now.
  void Look(std::set<std::string>* keys) {
    const redis::Reply reply = stack().redis().Run({"KEYS", "*"});
    for (size_t i = 0; i < reply.size(); ++i) keys->emplace(reply[i].Text());
  }
  int64_t SlotOf(const std::string& key) {
    return stack().redis().Run({"CLUSTER", "KEYSLOT", key}).Integer();
  }
};

TEST_F(RedisClusterTest, AllKeysOfAQueueAreInOneSlot) {
  std::set<std::string> keys;
  HttpClient http = stack().Http();
  const auto post = [&](const std::string& target, const std::string& json) {
    const auto reply = http.PostJson(target, json);
    EXPECT_TRUE(reply.ok() && reply->status == 200) << (reply.ok() ? reply->body : "no answer");
    Look(&keys);
    return reply.ok() ? IdOf(reply->body) : "";
  };
  post("/v1/queues/messages:pause", "");
  const std::string dead = post("/enqueue", R"({"message":"a","uniqueKey":"k"})");
  post("/enqueue", R"({"message":"b","delay":"0.5s"})");
  post("/v1/queues/messages/jobs:batch", R"({"jobs":[{"message":"c"},{"message":"d"}]})");
  const JobView view(stack().redis());
  view.MakeDead(dead);
  view.MakeRetrying(post("/enqueue", R"({"message":"e"})"), 1000);
  post("/v1/queues/messages/dead:retry", "{}");
  // A worker that dies while it holds jobs leaves more keys behind.
  stack().worker(0).Kill();
  ServerProcess& slow = stack().AddWorker({{"PROCESSING_DELAY_MS", "600s"}});
  post("/v1/queues/messages:resume", "");
  ASSERT_TRUE(WaitUntil([&] {
    Look(&keys);
    return view.Ready() == 0;
  }));
  slow.Kill();
  stack().AddWorker();
  EXPECT_TRUE(WaitUntil([&] {
    Look(&keys);
    return view.Unfinished() == 0;
  }));
  EXPECT_EQ(stack().Output().lines.size(), 5U);

  keys.erase("trellis:queues");  // the names of all queues; belongs to none
  for (const std::string& key : keys) EXPECT_EQ(SlotOf(key), SlotOf("messages")) << key;
  // That this has seen something: the list, jobs, held jobs, workers, paused, dead, unique, ...
  EXPECT_GE(keys.size(), 9U);
}

TEST_F(RedisClusterTest, QueuesSpreadOverTheSlots) {
  EXPECT_NE(SlotOf("messages"), SlotOf("others"));
  const auto reply =
      stack().Http().PostJson("/enqueue", R"({"queue":"others","message":"elsewhere"})");
  ASSERT_TRUE(reply.ok()) << reply.status();
  EXPECT_EQ(reply->status, 200) << reply->body;
}

}  // namespace
}  // namespace trellis::testing
