// Every expiry fires, once: whatever of events, subscribers, consumers, Redis and the broker is
// away meanwhile.
#include <gmock/gmock.h>

#include <chrono>
#include <random>

#include "tests/support/keytest_stack.h"

namespace trellis::testing {
namespace {

using keytest::v1::Status;
using Clock = std::chrono::steady_clock;

// For what the machine's own pauses may spoil.
constexpr int kRounds = 3;

const Variables kCountEffects = {{"EFFECTS_KEY", "effects"}};

int64_t MillisecondsSince(Clock::time_point start) {
  return std::chrono::duration_cast<milliseconds>(Clock::now() - start).count();
}

using KeytestFaultsTest = KeytestTest;

TEST_P(KeytestFaultsTest, WithoutNotificationsNothingIsMissed) {
  // Neither on, nor to be switched on: the consumers may not.
  Make({.consumer = kCountEffects, .redis = {"--rename-command", "CONFIG", ""}});
  ASSERT_EQ(stack().StartTest(R"({"keys":3000,"delayMs":0,"ttlMs":50})"), 200);
  ASSERT_TRUE(stack().AwaitDone());
  ExpectEachOnce(3000);
  EXPECT_EQ(stack().ConsumersMetric("trellis_keytest_notifications"), 0);
  EXPECT_EQ(stack().ConsumersMetric("trellis_keytest_expired_events_total"), 0)
      << "the control: there were no events";
  EXPECT_LT(stack().Status().lateness_p99_ms(), 1000);
}

// What makes nothing missed above: with the sweepers off, too, everything is, until Redis tells.
TEST_P(KeytestFaultsTest, WithoutNotificationsAndSweepersEverythingIsMissed) {
  constexpr int kKeys = 200;
  Variables events_alone = kCountEffects;
  events_alone["SWEEP"] = "on-events";
  Make({.consumer = events_alone, .redis = {"--rename-command", "CONFIG", "OPERATORS_CONFIG"}});
  // Enough for the sweep that the generator itself calls for to find none of them due.
  ASSERT_EQ(stack().StartTest(R"({"keys":200,"delayMs":0,"ttlMs":1500})"), 200);
  ASSERT_TRUE(WaitUntil([&] { return stack().Status().generated() == kKeys; }));
  const auto written = Clock::now();
  ASSERT_TRUE(WaitUntil([&] { return MillisecondsSince(written) > 3000; }));
  EXPECT_EQ(stack().Status().pending(), kKeys);
  EXPECT_EQ(stack().Effects().size(), 0u);
  // Nothing else was missing: one event that is heard brings them.
  (void)stack().redis().Run({"OPERATORS_CONFIG", "SET", "notify-keyspace-events", "Ex"});
  (void)stack().redis().Run({"SET", "gen-key:0", "1", "PX", "1"});
  ASSERT_TRUE(WaitUntil([&] {
    return stack().redis().Run({"EXISTS", "gen-key:0"}).Integer() == 0;
  }));
  ASSERT_TRUE(stack().AwaitDone());
  ExpectEachOnce(kKeys);
}

TEST_P(KeytestFaultsTest, WithSubscribersKilledAllTheTimeNothingIsMissed) {
  Make({.consumer = kCountEffects});
  ASSERT_EQ(stack().StartTest(R"({"keys":2000,"delayMs":1,"ttlMs":50})"), 200);
  int64_t killed = 0;
  ASSERT_TRUE(WaitUntil(
      [&] {
        killed += stack().redis().Run({"CLIENT", "KILL", "TYPE", "pubsub"}).Integer();
        const auto status = stack().Status();
        return status.state() == Status::DONE;
      },
      milliseconds(60'000)));
  EXPECT_GT(killed, 10);
  ExpectEachOnce(2000);
}

TEST_P(KeytestFaultsTest, SixConsumersKilledAtRandomTakeEachKeyOnceAndTheSumsHold) {
  constexpr int kKeys = 20'000;
  Make({.consumers = 6,
        .consumer = {{"EFFECTS_KEY", "effects"},
                     {"CLAIM_VISIBILITY", "1s"},
                     {"DELIVERY_VISIBILITY", "5s"},
                     {"MAX_PUBLISHES", "1000"}}});
  SumWatcher watcher(stack().redis());
  ASSERT_EQ(stack().StartTest(R"({"keys":20000,"delayMs":1,"ttlMs":20})"), 200);
  std::mt19937_64 random(std::random_device{}());
  int kills = 0;
  while (stack().Status().state() == Status::GENERATING) {
    ServerProcess& victim = stack().consumer(random() % stack().consumers());
    victim.Kill();
    ++kills;
    victim.Start();
    for (uint64_t i = random() % 10; i > 0; --i) base::testing::Pause();
  }
  ASSERT_TRUE(stack().AwaitDone(milliseconds(90'000)));
  const int looks = watcher.Stop();
  std::cout << kills << " kills, " << looks << " looks, p99 of the lateness "
            << stack().Status().lateness_p99_ms() << " ms" << std::endl;
  EXPECT_GT(kills, 50);
  EXPECT_GT(looks, 500);
  EXPECT_EQ(watcher.fault(), "");
  ExpectEachOnce(kKeys);
}

TEST_P(KeytestFaultsTest, WhatAKilledConsumerHadClaimedAndNotPublishedFiresOnce) {
  constexpr int kKeys = 500;
  Make({.consumers = 6, .consumer = kCountEffects});
  // Claimed by one that is dead: as claim_due.lua leaves them when its caller dies.
  for (size_t i = 0; i < stack().consumers(); ++i) stack().consumer(i).Suspend();
  ASSERT_EQ(stack().StartTest(R"({"keys":500,"delayMs":0,"ttlMs":1})"), 200);
  ASSERT_TRUE(WaitUntil([&] { return stack().Status().generated() == kKeys; }));
  const std::string claim = base::testing::ReadFile(TRELLIS_CLAIM_LUA);
  const redis::Reply claimed =
      stack().redis().Run({"EVAL", claim, "4", "keytest:run", "keytest:deadlines",
                           "keytest:claimed", "keytest:claims", "1000", "2000", "4096", "3"});
  EXPECT_GT(claimed.size(), 2u) << "the control: nothing was due";
  for (size_t i = 0; i < stack().consumers(); ++i) stack().consumer(i).Continue();
  ASSERT_TRUE(stack().AwaitDone());
  ExpectEachOnce(kKeys);
  EXPECT_EQ(stack().redis().Run({"ZCARD", "keytest:claimed"}).Integer(), 0);
}

// Fires what came due meanwhile within a second of the last one's return. That nothing is lost
// holds in each round; for the time the best of a few counts, since the machine may stand still,
// too.
TEST_P(KeytestFaultsTest, RedisAndTheBrokerAwayAcrossDeadlinesAllFireWithinASecondOfTheirReturn) {
  constexpr int kKeys = 1000;
  for (const bool redis_last : {true, false}) {
    int64_t best = std::numeric_limits<int64_t>::max();
    for (int round = 0; round < kRounds && best > 1000; ++round) {
      Make({.consumer = kCountEffects});
      ASSERT_EQ(stack().StartTest(R"({"keys":1000,"delayMs":0,"ttlMs":3000})"), 200);
      ASSERT_TRUE(WaitUntil([&] { return stack().Status().generated() == kKeys; }));
      stack().redis().Kill();
      stack().broker().Kill();
      const auto killed = Clock::now();
      // Beyond the deadlines.
      ASSERT_TRUE(WaitUntil([&] { return MillisecondsSince(killed) > 5000; }));
      if (redis_last) {
        stack().broker().Start();
        stack().redis().Start();
      } else {
        stack().redis().Start();
        stack().broker().Start();
      }
      const auto back = Clock::now();
      ASSERT_TRUE(WaitUntil(
          [&] {
            return stack().redis().Run({"GET", "metrics:consumed"}).Integer() == kKeys;
          },
          milliseconds(60'000)));
      best = std::min(best, MillisecondsSince(back));
      ASSERT_TRUE(stack().AwaitDone());
      ExpectEachOnce(kKeys);
    }
    std::cout << (redis_last ? "Redis" : "broker") << " back last: all fired after " << best
              << " ms" << std::endl;
    EXPECT_LE(best, 1000);
  }
}

TEST_P(KeytestFaultsTest, AMillionUndueKeysBesideDoNotMakeKeysLate) {
  Make({.redis = {"--appendonly", "no"}});
  // In steps, so that the connections of the others do not take Redis for hung.
  for (int first = 1; first <= 1'000'000; first += 50'000) {
    (void)stack().redis().Run({"EVAL",
                               "for i = ARGV[1], ARGV[1] + 49999 do"
                               " redis.call('SET', 'undue:' .. i, 1, 'PX', 3600000 + i) end",
                               "0", std::to_string(first)});
  }
  ASSERT_GE(stack().redis().Run({"DBSIZE"}).Integer(), 1'000'000);
  // The control: what nobody touches expires late.
  for (int i = 0; i < 20; ++i) {
    (void)stack().redis().Run({"SET", "raw:" + std::to_string(i), "1", "PX", "100"});
  }
  ASSERT_EQ(stack().StartTest(R"({"keys":1000,"delayMs":1,"ttlMs":100})"), 200);
  ASSERT_TRUE(stack().AwaitDone());
  const auto status = stack().Status();
  std::cout << "p50 " << status.lateness_p50_ms() << " ms, p99 " << status.lateness_p99_ms()
            << " ms" << std::endl;
  EXPECT_EQ(status.consumed(), 1000);
  // The size counts what is past its time and was not noticed, too.
  int64_t left = stack().redis().Run({"DBSIZE"}).Integer() - 1'000'000;
  left -= stack()
              .redis()
              .Run({"EVAL",
                    "local n = 0 for i = 1, 1000 do n = n +"
                    " redis.call('EXISTS', 'dedup:gen-key:' .. i) end return n",
                    "0"})
              .Integer();
  EXPECT_GT(left, 10) << "of 20 raw keys and a few of ours, most are still there after seconds";
  int64_t p99 = status.lateness_p99_ms();
  for (int round = 1; round < kRounds && p99 >= 200; ++round) {
    ASSERT_EQ(stack().StartTest(R"({"keys":1000,"delayMs":1,"ttlMs":100})"), 200);
    ASSERT_TRUE(stack().AwaitDone());
    p99 = stack().Status().lateness_p99_ms();
  }
  EXPECT_LT(p99, 200);
}

TEST_P(KeytestFaultsTest, WhatIsPublishedAgainAndAgainInVainIsDeadAndOnTheDeadLetterQueue) {
  // One consumer that claims, and can never be recorded: its events are taken away.
  Make({.consumers = 1, .consumer = {{"DELIVERY_VISIBILITY", "300ms"}, {"MAX_PUBLISHES", "2"}}});
  ASSERT_EQ(stack().StartTest(R"({"keys":1,"delayMs":0,"ttlMs":3600000})"), 200);
  ASSERT_TRUE(WaitUntil([&] { return stack().Status().generated() == 1; }));
  // As it stands after two publishes that nobody recorded.
  (void)stack().redis().Run({"ZREM", "keytest:deadlines", "1"});
  (void)stack().redis().Run({"HSET", "keytest:claims", "1", "2 1700000000000"});
  (void)stack().redis().Run({"ZADD", "keytest:claimed", "1", "1"});
  ASSERT_TRUE(stack().AwaitDone());
  EXPECT_EQ(stack().Status().dead(), 1);
  EXPECT_EQ(stack().Status().consumed(), 0);
  EXPECT_TRUE(WaitUntil([&] { return stack().broker().Dead() == 1; }));
}

TEST_P(KeytestFaultsTest, WhatTheHandlerAlwaysFailsForIsDeadAndOnTheDeadLetterQueue) {
  constexpr int kKeys = 100;
  Make({.consumer = {
            {"EFFECTS_KEY", "effects"}, {"HANDLED_KEY", "handled"}, {"RETRY_DELAY", "20ms"}}});
  // These cannot be counted up.
  for (const char* n : {"7", "70"}) (void)stack().redis().Run({"HSET", "handled", n, "broken"});
  SumWatcher watcher(stack().redis());
  ASSERT_EQ(stack().StartTest(R"({"keys":100,"delayMs":0,"ttlMs":50})"), 200);
  ASSERT_TRUE(stack().AwaitDone());
  watcher.Stop();
  EXPECT_EQ(watcher.fault(), "");
  ExpectEachOnceOrDead(kKeys, 2);
  EXPECT_FALSE(stack().Effects().contains(7));
  EXPECT_FALSE(stack().Effects().contains(70));
  EXPECT_TRUE(WaitUntil([&] { return stack().broker().Dead() == 2; })) << stack().broker().Dead();
  const std::string events = R"(trellis_keytest_events_total{outcome=")";
  EXPECT_EQ(stack().ConsumersMetric(events + "dead\"}"), 2);
  EXPECT_EQ(stack().ConsumersMetric(events + "retried\"}"), 6) << "four deliveries of each";
}

// The control of the watcher.
TEST_P(KeytestFaultsTest, SumsThatDoNotHoldAreNoticed) {
  Make();
  SumWatcher watcher(stack().redis());
  ASSERT_EQ(stack().StartTest(R"({"keys":10,"ttlMs":60000})"), 200);
  ASSERT_TRUE(WaitUntil([&] { return stack().Status().pending() == 10; }));
  (void)stack().redis().Run({"ZREM", "keytest:deadlines", "5"});
  EXPECT_TRUE(WaitUntil([&] { return watcher.noticed(); }));
  watcher.Stop();
  EXPECT_EQ(watcher.fault(), "generated 10, consumed 0, pending 9, dead 0");
}

TEST_P(KeytestFaultsTest, AGeneratorKilledInTheMiddleGoesOnWhereItWas) {
  Make({.consumer = kCountEffects});
  SumWatcher watcher(stack().redis());
  ASSERT_EQ(stack().StartTest(R"({"keys":1000000,"delayMs":1,"ttlMs":20})"), 200);
  for (int kills = 0; kills < 5; ++kills) {
    const int64_t before = stack().redis().Run({"GET", "metrics:generated"}).Integer();
    ASSERT_TRUE(WaitUntil([&] {
      return stack().redis().Run({"GET", "metrics:generated"}).Integer() > before + 100;
    }));
    stack().service().Kill();
    stack().service().StartAndAwaitReady();
  }
  // The gateway has to find the service again.
  ASSERT_TRUE(WaitUntil([&] { return stack().StopTest() == 200; }));
  ASSERT_TRUE(stack().AwaitDone());
  watcher.Stop();
  EXPECT_EQ(watcher.fault(), "");
  const int64_t generated = stack().redis().Run({"GET", "metrics:generated"}).Integer();
  EXPECT_GT(generated, 500);
  ExpectEachOnce(static_cast<int>(generated));
}

INSTANTIATE_TEST_SUITE_P(Streams, KeytestFaultsTest, ::testing::Values("rabbitmq", "nats"));

}  // namespace
}  // namespace trellis::testing
