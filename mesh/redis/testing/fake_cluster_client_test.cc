#include "mesh/redis/testing/fake_cluster_client.h"

#include <gmock/gmock.h>

#include <boost/asio/io_context.hpp>

#include "mesh/base/testing/run.h"

namespace trellis::redis::testing {
namespace {

using base::Deadline;
using base::milliseconds;
using base::testing::RunCoroutine;

class FakeClusterClientTest : public ::testing::Test {
 protected:
  ClusterAnswer Run(KeyedCommand command, Deadline deadline = Deadline::Infinite()) {
    return RunCoroutine(context_, Started(std::move(command), deadline));
  }
  boost::asio::awaitable<ClusterAnswer> Started(KeyedCommand command, Deadline deadline) {
    return cluster_.Execute(std::move(command), deadline);
  }

  boost::asio::io_context context_{1};
  base::SteadyTime now_{milliseconds(1000)};
  FakeClusterClient cluster_{[this] { return now_; }};
};

TEST_F(FakeClusterClientTest, KeepsWhatIsSetUntilItExpires) {
  EXPECT_EQ(Run({"k", Command("SET", "k", "v", "PX", "100")}).reply->Text(), "OK");
  EXPECT_TRUE(Run({"k", Command("SET", "k", "w", "NX")}).reply->IsNil());
  EXPECT_EQ(Run({"k", Command("GET", "k")}).reply->Text(), "v");
  now_ += milliseconds(100);
  EXPECT_TRUE(Run({"k", Command("GET", "k")}).reply->IsNil());
}

TEST_F(FakeClusterClientTest, KeysOfDifferentSlotsAreAnError) {
  EXPECT_FALSE(Run({"a", Command("MGET", "a", "b")}).reply.ok());
  EXPECT_EQ(Run({"a", Command("MGET", "{a}1", "{a}2")}).reply->size(), 2u);
}

TEST_F(FakeClusterClientTest, HandlerStandsInForAScript) {
  const Script script("return redis.call('INCR', KEYS[1])");
  EXPECT_EQ(Run({"k", script, script.Call(1).Arg("k")}).reply.status().code(),
            absl::StatusCode::kNotFound);
  cluster_.set_script(script, [this](const auto& keys, const auto& arguments) {
    cluster_.Set(keys[0], arguments[0]);
    return RespInteger(7);
  });
  EXPECT_EQ(Run({"k", script, script.Call(1).Arg("k").Arg("x")}).reply->Integer(), 7);
  EXPECT_EQ(cluster_.Get("k"), "x");
}

TEST_F(FakeClusterClientTest, LostAnswerOfACommandThatRan) {
  cluster_.set_after([](const auto&) -> boost::asio::awaitable<absl::Status> {
    co_return absl::UnavailableError("lost");
  });
  EXPECT_EQ(Run({"k", Command("SET", "k", "v")}).reply.status().code(),
            absl::StatusCode::kUnavailable);
  EXPECT_EQ(cluster_.Get("k"), "v");
}

TEST_F(FakeClusterClientTest, AnswersBySlotWithItsIncarnation) {
  cluster_.set_incarnation_of([](std::string_view key) { return key.size(); });
  cluster_.set_away([](std::string_view key) { return key == "bb"; });
  cluster_.Set("ccc", "v");
  std::vector<std::string> keys = {"a", "bb", "ccc"};
  const auto answers = RunCoroutine(context_, cluster_.MGet(std::move(keys), Deadline::Infinite()));
  ASSERT_EQ(answers.size(), 3u);
  EXPECT_TRUE(answers[0].reply->IsNil());
  EXPECT_EQ(answers[1].reply.status().code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(answers[1].incarnation, 0u);
  EXPECT_EQ(answers[2].reply->Text(), "v");
  EXPECT_EQ(answers[2].incarnation, 3u);
  EXPECT_FALSE(cluster_.Connected("bb"));
}

}  // namespace
}  // namespace trellis::redis::testing
