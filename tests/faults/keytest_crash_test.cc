// Guarantee: a key that has expired takes effect once, whichever step its consumer dies after.
#include <gtest/gtest.h>

#include <csignal>

#include "tests/support/keytest_stack.h"

namespace trellis::testing {
namespace {

// Places where a consumer can die, in the order in which a key goes through them.
constexpr const char* kClaimed = "keytest.claimed";               // not published
constexpr const char* kPublished = "keytest.published";           // confirmed by the broker
constexpr const char* kConfirmed = "keytest.confirmed";           // and this is noted
constexpr const char* kHandled = "keytest.handled";               // not recorded
constexpr const char* kRecorded = "keytest.recorded";             // not acked
constexpr const char* kAcked = "keytest.acked";                   // perhaps not on the wire
constexpr const char* kGivenBack = "keytest.given-back";          // after the handler failed
constexpr const char* kDeadPublished = "keytest.dead-published";  // after it failed for good
constexpr const char* kBuried = "keytest.buried";                 // counted as dead, not acked
constexpr const char* kGivenUp = "keytest.given-up";              // dead-lettered by a sweeper

class KeytestCrashTest : public KeytestTest {
 protected:
  // With both accounts: effects as the record keeps them, and as a handler has them without it.
  void MakeWithAccounts(int consumers) {
    Make({.consumers = consumers,
          .consumer = {{"EFFECTS_KEY", "effects"},
                       {"HANDLED_KEY", "handled"},
                       {"RETRY_DELAY", "20ms"},
                       {"CLAIM_VISIBILITY", "3s"},
                       {"DELIVERY_VISIBILITY", "8s"},
                       {"MAX_PUBLISHES", "1000"}}});
  }
  // What the dead had in hand comes again, perhaps after all keys have been recorded.
  void AwaitRedeliveries() {
    EXPECT_TRUE(WaitUntil([&] { return stack().broker().Waiting() == 0; }, milliseconds(15'000)));
  }
  // The handler fails for this key from now on.
  void Break(int n) { (void)stack().redis().Run({"HSET", "handled", std::to_string(n), "broken"}); }
};

TEST_P(KeytestCrashTest, AfterADeathAtAnyBoundaryEachKeyTakesEffectOnce) {
  constexpr int kKeys = 300;
  MakeWithAccounts(1);
  SumWatcher watcher(stack().redis());
  for (const char* failpoint : {kClaimed, kPublished, kConfirmed, kHandled, kRecorded, kAcked}) {
    SCOPED_TRACE(failpoint);
    stack().ForgetEffects();
    CrashConsumer(0, failpoint, [&] {
      ASSERT_EQ(stack().StartTest(R"({"keys":300,"delayMs":0,"ttlMs":50})"), 200);
    });
    ASSERT_TRUE(stack().AwaitDone());
    // The control: without the record the same death doubles effects.
    if (failpoint == kHandled || failpoint == kRecorded) {
      EXPECT_TRUE(WaitUntil([&] { return stack().HandledTwice() > 0; }, milliseconds(15'000)));
    }
    AwaitRedeliveries();
    ExpectEachOnce(kKeys);
    const int twice = stack().HandledTwice();
    std::cout << failpoint << ": without the record " << twice << " of " << kKeys
              << " keys would have had more than one effect" << std::endl;
    EXPECT_EQ(stack().Handled().size(), static_cast<size_t>(kKeys));
    if (failpoint == kClaimed) {
      EXPECT_EQ(twice, 0);
    }
  }
  EXPECT_GT(watcher.Stop(), 100);
  EXPECT_EQ(watcher.fault(), "");
}

TEST_P(KeytestCrashTest, AfterADeathWhileAKeyIsBuriedItIsDeadOnceAndOnTheDeadLetterQueue) {
  constexpr int kKeys = 50;
  MakeWithAccounts(1);
  SumWatcher watcher(stack().redis());
  for (const char* failpoint : {kGivenBack, kDeadPublished, kBuried}) {
    SCOPED_TRACE(failpoint);
    stack().ForgetEffects();
    Break(7);
    const int dead_before = stack().broker().Dead();
    CrashConsumer(0, failpoint, [&] {
      ASSERT_EQ(stack().StartTest(R"({"keys":50,"delayMs":0,"ttlMs":50})"), 200);
    });
    ASSERT_TRUE(stack().AwaitDone());
    AwaitRedeliveries();
    ExpectEachOnceOrDead(kKeys, 1);
    EXPECT_FALSE(stack().Effects().contains(7));
    // At least once: what died in between published it again.
    EXPECT_TRUE(WaitUntil([&] { return stack().broker().Dead() > dead_before; }));
  }
  watcher.Stop();
  EXPECT_EQ(watcher.fault(), "");
}

TEST_P(KeytestCrashTest, AfterADeathWhileASweeperGivesAKeyUpItIsDeadOnce) {
  MakeWithAccounts(1);
  SumWatcher watcher(stack().redis());
  ASSERT_EQ(stack().StartTest(R"({"keys":1,"delayMs":0,"ttlMs":3600000})"), 200);
  ASSERT_TRUE(WaitUntil([&] { return stack().Status().generated() == 1; }));
  CrashConsumer(0, kGivenUp, [&] {
    // As it stands after the last publish that nobody recorded.
    (void)stack().redis().Run({"EVAL",
                               "redis.call('ZREM', 'keytest:deadlines', 1)"
                               " redis.call('HSET', 'keytest:claims', 1, '1000 1700000000000')"
                               " redis.call('ZADD', 'keytest:claimed', 1, 1)",
                               "0"});
  });
  ASSERT_TRUE(stack().AwaitDone());
  ExpectEachOnceOrDead(1, 1);
  EXPECT_TRUE(WaitUntil([&] { return stack().broker().Dead() >= 2; }))
      << "published again by the next one: " << stack().broker().Dead();
  watcher.Stop();
  EXPECT_EQ(watcher.fault(), "");
}

// Nobody counts these failures but the broker: its limit ends them, and what it took away is found
// to be lost and counted.
TEST_P(KeytestCrashTest, AnEventThatKillsWhoeverTakesItIsDeadLetteredAfterFourDeathsAndCounted) {
  Make({.consumers = 1,
        .consumer = {{"EFFECTS_KEY", "effects"},
                     {"HANDLED_KEY", "handled"},
                     {"TRELLIS_FAILPOINT", kHandled},
                     {"MAX_PUBLISHES", "1"}}});
  SumWatcher watcher(stack().redis());
  ASSERT_EQ(stack().StartTest(R"({"keys":1,"delayMs":0,"ttlMs":3600000})"), 200);
  ASSERT_TRUE(WaitUntil([&] { return stack().Status().generated() == 1; }));
  // As a sweeper leaves it that has published it, and that nobody looks at it for a long time: the
  // sweeper of one that dies might publish it twice.
  (void)stack().redis().Run({"EVAL",
                             "redis.call('ZREM', 'keytest:deadlines', 1)"
                             " redis.call('HSET', 'keytest:claims', 1, '1 1700000000000')"
                             " redis.call('ZADD', 'keytest:claimed', 4000000000000, 1)",
                             "0"});
  stack().broker().PublishRaw("gen-key:1 " + stack().Status().run_id() + " 1700000000000");
  for (int death = 1; death <= 4; ++death) {
    EXPECT_EQ(stack().consumer(0).AwaitExit(milliseconds(20'000)), -SIGKILL) << death;
    stack().consumer(0).Start();
  }
  EXPECT_TRUE(WaitUntil([&] { return stack().broker().Dead() == 1; }, milliseconds(15'000)));
  EXPECT_EQ(stack().Status().pending(), 1) << "the control: nobody has counted it yet";
  // Its time is over.
  (void)stack().redis().Run({"ZADD", "keytest:claimed", "XX", "1", "1"});
  ASSERT_TRUE(stack().AwaitDone());
  EXPECT_TRUE(stack().consumer(0).running());
  ExpectEachOnceOrDead(1, 1);
  EXPECT_TRUE(WaitUntil([&] { return stack().broker().Dead() >= 2; }))
      << "once more by whoever gave it up: " << stack().broker().Dead();
  EXPECT_EQ(stack().Handled()[1], 4);
  watcher.Stop();
  EXPECT_EQ(watcher.fault(), "");
}

// Under load, with five others that take over.
TEST_P(KeytestCrashTest, SixConsumersThatDieAtAllBoundariesTakeEachKeyOnce) {
  MakeWithAccounts(6);
  SumWatcher watcher(stack().redis());
  ASSERT_EQ(stack().StartTest(R"({"keys":1000000,"delayMs":1,"ttlMs":20})"), 200);
  size_t crashes = 0;
  for (int round = 1; round <= 5; ++round) {
    for (const char* failpoint : {kClaimed, kPublished, kConfirmed, kHandled, kRecorded, kAcked}) {
      CrashConsumer(crashes++ % stack().consumers(),
                    std::string(failpoint) + ":" + std::to_string(round));
    }
  }
  ASSERT_EQ(stack().StopTest(), 200);
  ASSERT_TRUE(stack().AwaitDone());
  AwaitRedeliveries();
  const int looks = watcher.Stop();
  const auto status = stack().Status();
  const int twice = stack().HandledTwice();
  std::cout << crashes << " deaths over " << status.generated() << " keys, " << looks
            << " looks; without the record " << twice << " keys would have had more than one effect"
            << std::endl;
  EXPECT_EQ(watcher.fault(), "");
  EXPECT_GT(status.generated(), 1000);
  ExpectEachOnce(static_cast<int>(status.generated()));
  EXPECT_GT(twice, 0) << "the control: without the record";
}

INSTANTIATE_TEST_SUITE_P(Streams, KeytestCrashTest, ::testing::Values("rabbitmq", "nats"));

}  // namespace
}  // namespace trellis::testing
