// The run and its deadlines in a real Redis.
#include <gmock/gmock.h>

#include <boost/asio/io_context.hpp>

#include "mesh/base/testing/run.h"
#include "mesh/redis/connection.h"
#include "mesh/redis/testing/fake_client.h"
#include "mesh/redis/testing/private_redis.h"
#include "services/keytest/expiry_events.h"
#include "services/keytest/generator.h"
#include "services/keytest/redis_deadline_board.h"
#include "services/keytest/redis_run_board.h"
#include "services/keytest/tallying_handler.h"

namespace trellis::keytest {
namespace {

using base::Deadline;
using base::milliseconds;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::SizeIs;

class RedisBoardsTest : public ::testing::Test {
 protected:
  RedisBoardsTest() {
    redis::ConnectionOptions options;
    options.address = redis_.address();
    connection_ = std::make_unique<redis::Connection>(context_.get_executor(), options);
    EXPECT_TRUE(RunUntil([this] { return connection_->connected(); }));
  }
  static Deadline Soon() { return Deadline::After(milliseconds(5000)); }
  template <typename T>
  T Run(boost::asio::awaitable<T> coroutine) {
    return base::testing::RunCoroutine(context_, std::move(coroutine));
  }
  template <typename Condition>
  bool RunUntil(Condition condition) {
    const Deadline deadline = Soon();
    while (!deadline.Expired()) {
      if (condition()) return true;  // once: it may write
      context_.restart();
      context_.run_one_for(milliseconds(2));
    }
    return false;
  }
  RunStatus Start(RunParameters parameters) {
    const auto status = Run(Board().Start(parameters, Soon()));
    EXPECT_TRUE(status.ok()) << status.status();
    return status.value_or(RunStatus());
  }
  RedisRunBoard Board(const std::string& name = "me", milliseconds lease = milliseconds(1000)) {
    return {*connection_, {name, lease}};
  }
  RedisDeadlineBoard Deadlines(DeadlineBoardOptions options = {}) {
    return {*connection_, options};
  }
  RunStatus Read() { return Run(Board().Read(Soon())).value_or(RunStatus()); }
  void Write(int keys) {
    int written = 0;
    ASSERT_TRUE(RunUntil([&] {
      written += Run(Board().Write(keys - written, Soon())).value().keys;
      return written == keys;
    }));
  }
  // Claims until there are so many.
  Claimed Claim(size_t count, DeadlineBoardOptions options = {}) {
    Claimed all;
    EXPECT_TRUE(RunUntil([&] {
      const Claimed some = Run(Deadlines(options).Claim(1000, Soon())).value();
      all.due.insert(all.due.end(), some.due.begin(), some.due.end());
      all.hopeless.insert(all.hopeless.end(), some.hopeless.begin(), some.hopeless.end());
      return all.due.size() + all.hopeless.size() >= count;
    })) << all.due.size();
    return all;
  }
  void ExpectSums(int64_t generated, int64_t consumed, int64_t pending, int64_t dead) {
    const RunStatus status = Read();
    EXPECT_EQ(status.generated, generated);
    EXPECT_EQ(status.consumed, consumed);
    EXPECT_EQ(status.pending, pending);
    EXPECT_EQ(status.dead, dead);
  }

  redis::testing::PrivateRedis redis_;
  boost::asio::io_context context_{1};
  std::unique_ptr<redis::Connection> connection_;
};

TEST_F(RedisBoardsTest, AKeyGoesFromGeneratedToConsumedAndTheRunIsDone) {
  EXPECT_EQ(Read().state, RunState::kIdle);
  EXPECT_EQ(Start({.keys = 3, .delay_ms = 0, .ttl_ms = 500}).state, RunState::kGenerating);
  Write(3);
  EXPECT_EQ(Read().state, RunState::kDraining);
  ExpectSums(3, 0, 3, 0);
  EXPECT_EQ(redis_.Run({"EXISTS", "gen-key:1", "gen-key:3", "gen-key:4"}).Integer(), 2);
  const Claimed claimed = Claim(3);
  EXPECT_THAT(claimed.due, SizeIs(3));
  EXPECT_EQ(redis_.Run({"EXISTS", "gen-key:1"}).Integer(), 0);
  EXPECT_GT(redis_.Run({"PTTL", "dedup:gen-key:1"}).Integer(), 4000);
  ASSERT_TRUE(Run(Deadlines().Confirm(claimed.due, {}, Soon())).ok());
  ExpectSums(3, 0, 3, 0);
  const auto late = Run(Deadlines().Record(claimed.due, Soon()));
  ASSERT_TRUE(late.ok());
  for (const milliseconds ms : *late) EXPECT_GE(ms.count(), 0);
  ExpectSums(3, 3, 0, 0);
  const RunStatus status = Read();
  EXPECT_EQ(status.state, RunState::kDone);
  EXPECT_GE(status.ended_ms, status.started_ms);
  EXPECT_EQ(redis_.Run({"HLEN", "keytest:claims"}).Integer(), 0);
}

TEST_F(RedisBoardsTest, ASecondRecordDoesNotCountNorDoTwoInOneCall) {
  Start({.keys = 1, .delay_ms = 0, .ttl_ms = 1});
  Write(1);
  std::vector<Event> twice = Claim(1).due;
  twice.push_back(twice[0]);
  const auto first = Run(Deadlines().Record(twice, Soon())).value();
  EXPECT_GE(first[0].count(), 0);
  EXPECT_EQ(first[1].count(), -1);
  EXPECT_THAT(Run(Deadlines().Record(twice, Soon())).value(),
              ElementsAre(milliseconds(-1), milliseconds(-1)));
  ExpectSums(1, 1, 0, 0);
}

TEST_F(RedisBoardsTest, TheTallyCountsEachCallAndFailsAloneForWhatIsNoNumber) {
  TallyingHandler handler(*connection_, "tally");
  const std::vector<Event> events = {{"run", 1, 0}, {"run", 2, 0}, {"run", 3, 0}};
  EXPECT_THAT(Run(handler.Handle(events)), Each(absl::OkStatus()));
  (void)redis_.Run({"HSET", "tally", "2", "broken"});
  const std::vector<absl::Status> statuses = Run(handler.Handle(events));
  ASSERT_THAT(statuses, SizeIs(3));
  EXPECT_TRUE(statuses[0].ok());
  EXPECT_EQ(statuses[1].code(), absl::StatusCode::kInternal);
  EXPECT_TRUE(statuses[2].ok());
  EXPECT_EQ(redis_.Run({"HGET", "tally", "1"}).Integer(), 2);
  EXPECT_EQ(redis_.Run({"HGET", "tally", "3"}).Integer(), 2);
}

TEST_F(RedisBoardsTest, ASecondStartIsRefusedWhileGeneratingAndWhileDraining) {
  Start({.keys = 1, .delay_ms = 0, .ttl_ms = 60'000});
  const auto refused = [&] { return Run(Board().Start({.keys = 1}, Soon())).status().code(); };
  EXPECT_EQ(refused(), absl::StatusCode::kFailedPrecondition);
  Write(1);
  EXPECT_EQ(refused(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(Run(Board().Stop(Soon())).value().state, RunState::kStopped);
  EXPECT_EQ(Run(Board().Stop(Soon())).status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(Start({.keys = 1}).pending, 0) << "what was pending is forgotten";
}

TEST_F(RedisBoardsTest, AStoppedRunWritesNoFurtherKeys) {
  Start({.keys = 100, .delay_ms = 0, .ttl_ms = 60'000});
  EXPECT_EQ(Run(Board().Write(10, Soon())).value().keys, 10);
  ASSERT_TRUE(Run(Board().Stop(Soon())).ok());
  const auto wrote = Run(Board().Write(10, Soon())).value();
  EXPECT_EQ(wrote.keys, 0);
  EXPECT_LT(wrote.next.count(), 0);
  ExpectSums(10, 0, 10, 0);
}

TEST_F(RedisBoardsTest, EventsOfAnOlderRunDoNotCount) {
  Start({.keys = 2, .delay_ms = 0, .ttl_ms = 1});
  Write(2);
  const std::vector<Event> old = Claim(2).due;
  ASSERT_TRUE(Run(Board().Stop(Soon())).ok());
  Start({.keys = 2, .delay_ms = 0, .ttl_ms = 1});
  Write(2);
  EXPECT_THAT(Claim(2).due, SizeIs(2)) << "the dedup keys are those of the older run";
  EXPECT_THAT(Run(Deadlines().Record(old, Soon())).value(),
              ElementsAre(milliseconds(-1), milliseconds(-1)));
  EXPECT_TRUE(Run(Deadlines().Confirm(old, {}, Soon())).ok());
  EXPECT_EQ(Run(Deadlines().Bury(old, Soon())).value(), 0);
  ExpectSums(2, 0, 2, 0);
}

TEST_F(RedisBoardsTest, KeysAreWrittenAtTheirMoments) {
  Start({.keys = 3, .delay_ms = 60'000, .ttl_ms = 1000});
  const auto first = Run(Board().Write(100, Soon())).value();
  EXPECT_EQ(first.keys, 0);
  EXPECT_GT(first.next.count(), 30'000);
  EXPECT_LE(first.next.count(), 60'000);
  ASSERT_TRUE(Run(Board().Stop(Soon())).ok());
  Start({.keys = 3, .delay_ms = 200, .ttl_ms = 1000});
  int written = 0;
  ASSERT_TRUE(RunUntil([&] {
    written += Run(Board().Write(100, Soon())).value().keys;
    return written == 3;
  }));
  const RunStatus status = Read();
  EXPECT_GE(redis_.Run({"TIME"})[0].Integer() * 1000 + 1000, status.started_ms + 600);
}

TEST_F(RedisBoardsTest, OneProcessGeneratesUntilItIsSilent) {
  Start({.keys = 1000, .delay_ms = 0, .ttl_ms = 60'000});
  const milliseconds lease(60'000);
  EXPECT_EQ(Run(Board("one", lease).Write(10, Soon())).value().keys, 10);
  EXPECT_EQ(Run(Board("other", lease).Write(10, Soon())).value().keys, 0);
  EXPECT_GT(redis_.Run({"PTTL", "keytest:generator"}).Integer(), 30'000);
  (void)redis_.Run({"PEXPIRE", "keytest:generator", "1"});
  EXPECT_TRUE(
      RunUntil([&] { return Run(Board("other", lease).Write(10, Soon())).value().keys == 10; }));
  EXPECT_EQ(Run(Board("one", lease).Write(10, Soon())).value().keys, 0);
  ExpectSums(20, 0, 20, 0);
}

TEST_F(RedisBoardsTest, AClaimThatWasNotConfirmedIsDueAgainAfterItsVisibility) {
  Start({.keys = 1, .delay_ms = 0, .ttl_ms = 1});
  Write(1);
  DeadlineBoardOptions options;
  options.claim_visibility = milliseconds(60'000);
  const Event first = Claim(1, options).due[0];
  const Claimed none = Run(Deadlines(options).Claim(10, Soon())).value();
  EXPECT_THAT(none.due, SizeIs(0));
  EXPECT_GT(none.next.count(), 0);
  ASSERT_TRUE(Run(Deadlines().Confirm({}, {first}, Soon())).ok());
  options.claim_visibility = milliseconds(50);
  EXPECT_THAT(Claim(1, options).due, ElementsAre(first)) << "given back";
  const Claimed again = Claim(1, options);
  ASSERT_THAT(again.due, SizeIs(1));
  EXPECT_EQ(again.due[0], first) << "also when it was first due";
}

TEST_F(RedisBoardsTest, WhatFailedToBePublishedIsDueAtOnceAndNeverHopeless) {
  Start({.keys = 1, .delay_ms = 0, .ttl_ms = 1});
  Write(1);
  for (int times = 0; times < 10; ++times) {
    const Claimed claimed = Claim(1);
    ASSERT_THAT(claimed.due, SizeIs(1)) << times;
    ASSERT_TRUE(Run(Deadlines().Confirm({}, claimed.due, Soon())).ok());
  }
}

TEST_F(RedisBoardsTest, WhatWasPublishedInVainAsOftenAsMayBeIsHopelessAndCanBeBuried) {
  Start({.keys = 1, .delay_ms = 0, .ttl_ms = 1});
  Write(1);
  DeadlineBoardOptions options;
  options.delivery_visibility = milliseconds(10);
  for (int times = 0; times < 3; ++times) {
    const Claimed claimed = Claim(1, options);
    ASSERT_THAT(claimed.due, SizeIs(1)) << times;
    ASSERT_TRUE(Run(Deadlines(options).Confirm(claimed.due, {}, Soon())).ok());
  }
  const Claimed claimed = Claim(1, options);
  ASSERT_THAT(claimed.hopeless, SizeIs(1));
  EXPECT_EQ(Run(Deadlines().Bury(claimed.hopeless, Soon())).value(), 1);
  EXPECT_EQ(Run(Deadlines().Bury(claimed.hopeless, Soon())).value(), 0);
  ExpectSums(1, 0, 0, 1);
  EXPECT_EQ(Read().state, RunState::kDone);
}

TEST_F(RedisBoardsTest, TheClaimedAreBoundedAndTheLostAmongThemComeBeforeTheOthers) {
  Start({.keys = 50, .delay_ms = 0, .ttl_ms = 1});
  Write(50);
  DeadlineBoardOptions options;
  options.max_claimed = 10;
  options.claim_visibility = milliseconds(50);
  const std::vector<Event> lost = Claim(10, options).due;
  EXPECT_THAT(lost, SizeIs(10));
  // Although others have been due for longer and there is no room for any of them.
  const std::vector<Event> again = Claim(10, options).due;
  EXPECT_EQ(again, lost);
  ASSERT_TRUE(Run(Deadlines().Record(again, Soon())).ok());
  EXPECT_THAT(Claim(10, options).due, SizeIs(10));
  ExpectSums(50, 10, 40, 0);
}

TEST_F(RedisBoardsTest, TheGeneratorWritesARunToItsEnd) {
  RedisRunBoard board = Board();
  telemetry::Metrics metrics;
  Generator generator(context_.get_executor(), board, metrics, {.batch = 100});
  generator.Start();
  Start({.keys = 950, .delay_ms = 0, .ttl_ms = 60'000});
  generator.Wake();
  EXPECT_TRUE(RunUntil([&] { return redis_.Run({"GET", "metrics:generated"}).Integer() == 950; }));
  EXPECT_TRUE(Run(generator.Stop(Soon())));
}

TEST_F(RedisBoardsTest, NotificationsAreSwitchedOnBesideThoseThatAreThere) {
  (void)redis_.Run({"CONFIG", "SET", "notify-keyspace-events", "Kg"});
  telemetry::Metrics registry;
  ConsumerMetrics metrics(registry);
  redis::ConnectionOptions options;
  options.address = redis_.address();
  int wakes = 0;
  ExpiryEvents events(
      context_.get_executor(), options, *connection_, metrics, [&] { ++wakes; },
      [](bool, const std::string&) {});
  ASSERT_TRUE(RunUntil([&] { return metrics.notifications.Value() == 1; }));
  const redis::Reply config = redis_.Run({"CONFIG", "GET", "notify-keyspace-events"});
  for (const char flag : std::string("KgEx")) {
    EXPECT_NE(config[1].Text().find(flag), std::string_view::npos) << flag;
  }
  EXPECT_EQ(wakes, 1) << "at the subscribing";
  (void)redis_.Run({"SET", "dedup:gen-key:1", "v", "PX", "1"});
  (void)redis_.Run({"SET", "gen-key:1", "v", "PX", "5"});
  EXPECT_TRUE(RunUntil([&] { return wakes == 2; }));
  EXPECT_EQ(metrics.expired_heard.Value(), 1);
}

TEST_F(RedisBoardsTest, NotificationsAreSwitchedOnOnceTheConnectionForCommandsIsThere) {
  telemetry::Metrics registry;
  ConsumerMetrics metrics(registry);
  redis::ConnectionOptions options;
  options.address = redis_.address();
  int asked = 0, set = 0;
  redis::testing::FakeClient commands(
      [&](const std::vector<std::string>& arguments) -> absl::StatusOr<redis::Reply> {
        if (++asked <= 3) return absl::UnavailableError("not connected yet");
        if (arguments[1] == "GET") return redis::Reply::FromResp("*2\r\n$1\r\nn\r\n$0\r\n\r\n");
        ++set;
        return redis::Reply::FromResp("+OK\r\n");
      });
  ExpiryEvents events(
      context_.get_executor(), options, commands, metrics, [] {}, [](bool, const std::string&) {});
  EXPECT_TRUE(RunUntil([&] { return metrics.notifications.Value() == 1; })) << asked;
  EXPECT_EQ(set, 1);
}

TEST(WithExpiredEventsTest, AddsWhatIsMissing) {
  EXPECT_EQ(WithExpiredEvents(""), "Ex");
  EXPECT_EQ(WithExpiredEvents("Kg"), "KgEx");
  EXPECT_EQ(WithExpiredEvents("xE"), "xE");
  EXPECT_EQ(WithExpiredEvents("AKE"), "AKE");
}

}  // namespace
}  // namespace trellis::keytest
