// Sweeper and processor on fakes.
#include <gmock/gmock.h>

#include <algorithm>
#include <boost/asio/io_context.hpp>

#include "mesh/base/testing/run.h"
#include "services/keytest/processor.h"
#include "services/keytest/sweeper.h"
#include "services/keytest/testing/fake_boards.h"
#include "services/keytest/testing/fake_event_stream.h"

namespace trellis::keytest {
namespace {

using base::Deadline;
using base::milliseconds;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAre;

class FakeHandler final : public ExpiryHandler {
 public:
  boost::asio::awaitable<std::vector<absl::Status>> Handle(
      const std::vector<Event>& events) override {
    if (throws) throw std::runtime_error("thrown");
    std::vector<absl::Status> statuses;
    for (const Event& event : events) {
      handled.push_back(event.n);
      if (event.n == lacks) {
        statuses.push_back(absl::UnavailableError("away"));
        continue;
      }
      statuses.push_back(event.n == fails ? absl::InternalError("no") : absl::OkStatus());
    }
    co_return statuses;
  }
  std::vector<int64_t> handled;
  int64_t fails = -1;
  int64_t lacks = -1;  // what it needs for this one
  bool throws = false;
};

class ConsumerTest : public ::testing::Test {
 protected:
  void StartSweeper(SweeperOptions options = {}) {
    sweeper_ =
        std::make_unique<Sweeper>(context_.get_executor(), board_, stream_, metrics_, options);
    sweeper_->Start();
  }
  void StartProcessor() {
    ProcessorOptions options;
    options.retry_delay = milliseconds(5);
    options.call_timeout = milliseconds(200);
    processor_ = std::make_unique<Processor>(context_.get_executor(), stream_, board_, handler_,
                                             metrics_, options);
    processor_->Start();
  }
  void TearDown() override {
    board_.SetAway(false);
    stream_.SetConnected(true);
    stream_.StopConsuming();
    if (sweeper_) {
      EXPECT_TRUE(Run(sweeper_->Stop(Deadline::After(milliseconds(3000)))));
    }
    if (processor_) {
      EXPECT_TRUE(Run(processor_->Stop(Deadline::After(milliseconds(3000)))));
    }
  }
  template <typename T>
  T Run(boost::asio::awaitable<T> coroutine) {
    return base::testing::RunCoroutine(context_, std::move(coroutine));
  }
  template <typename Condition>
  bool RunUntil(Condition condition, milliseconds patience = milliseconds(5000)) {
    const Deadline deadline = Deadline::After(patience);
    while (!condition() && !deadline.Expired()) {
      context_.restart();
      context_.run_one_for(milliseconds(5));
    }
    return condition();
  }
  void RunFor(milliseconds time) {
    const Deadline end = Deadline::After(time);
    (void)RunUntil([&] { return end.Expired(); }, time + milliseconds(100));
  }
  static Event Key(int64_t n, const std::string& run = "run") { return {run, n, 1000}; }

  boost::asio::io_context context_{1};
  telemetry::Metrics registry_;
  ConsumerMetrics metrics_{registry_};
  testing::FakeEventStream stream_;
  testing::FakeDeadlineBoard board_;
  FakeHandler handler_;
  std::unique_ptr<Sweeper> sweeper_;
  std::unique_ptr<Processor> processor_;
};

TEST_F(ConsumerTest, WhatIsDueIsPublishedConfirmedHandledRecordedAndAcked) {
  stream_.SetConnected(true);
  for (int64_t n = 1; n <= 600; ++n) board_.Add(Key(n));
  StartSweeper();
  StartProcessor();
  ASSERT_TRUE(RunUntil([&] { return board_.recorded.size() == 600; }));
  EXPECT_THAT(board_.confirmed, SizeIs(600));
  EXPECT_THAT(handler_.handled, SizeIs(600));
  ASSERT_TRUE(RunUntil([&] { return stream_.in_hand() == 0; }));
  EXPECT_EQ(metrics_.consumed.Value(), 600);
  EXPECT_EQ(metrics_.duplicate.Value(), 0);
}

TEST_F(ConsumerTest, WhileTheBrokerIsAwayNothingIsClaimed) {
  board_.Add(Key(1));
  StartSweeper();
  RunFor(milliseconds(100));
  EXPECT_EQ(board_.claims, 0);
  stream_.SetConnected(true);
  EXPECT_TRUE(RunUntil([&] { return board_.confirmed.size() == 1; }));
}

TEST_F(ConsumerTest, WhatTheBrokerRefusedIsPublishedAgain) {
  stream_.SetConnected(true);
  stream_.LoseConfirms(1);
  board_.Add(Key(1));
  StartSweeper();
  ASSERT_TRUE(RunUntil([&] { return board_.confirmed.size() == 1; }));
  EXPECT_THAT(stream_.published(), SizeIs(2));
  StartProcessor();
  ASSERT_TRUE(RunUntil([&] { return stream_.waiting().empty() && stream_.in_hand() == 0; }));
  EXPECT_THAT(board_.recorded, ElementsAre(1)) << "two messages, one effect";
  EXPECT_EQ(metrics_.duplicate.Value(), 1);
}

TEST_F(ConsumerTest, WhatIsHopelessGoesToTheDeadLetterQueueAndIsBuried) {
  stream_.SetConnected(true);
  board_.AddHopeless(Key(7));
  StartSweeper();
  ASSERT_TRUE(RunUntil([&] { return board_.buried.size() == 1; }));
  EXPECT_THAT(stream_.dead(), ElementsAre(Key(7)));
  EXPECT_THAT(stream_.published(), SizeIs(0));
}

TEST_F(ConsumerTest, WhileTheRecordIsAwayDeliveriesStayInHandAndNoAttemptIsLost) {
  stream_.SetConnected(true);
  board_.Add(Key(1));
  StartSweeper();
  ASSERT_TRUE(RunUntil([&] { return board_.confirmed.size() == 1; }));
  board_.SetAway(true);
  StartProcessor();
  ASSERT_TRUE(RunUntil([&] { return board_.records > 3; }));
  EXPECT_EQ(stream_.in_hand(), 1u);
  EXPECT_THAT(handler_.handled, SizeIs(1)) << "the effect is not done again";
  board_.SetAway(false);
  ASSERT_TRUE(RunUntil([&] { return board_.recorded.size() == 1; }));
  EXPECT_TRUE(RunUntil([&] { return stream_.in_hand() == 0; }));
  EXPECT_THAT(handler_.handled, SizeIs(1));
}

TEST_F(ConsumerTest, WhileWhatTheHandlerNeedsIsAwayDeliveriesStayInHandAndNoAttemptIsLost) {
  stream_.SetConnected(true);
  handler_.lacks = 2;
  for (int64_t n = 1; n <= 3; ++n) board_.Add(Key(n));
  StartSweeper();
  StartProcessor();
  const auto calls = [&] {
    return std::count(handler_.handled.begin(), handler_.handled.end(), 2);
  };
  ASSERT_TRUE(RunUntil([&] { return calls() > kMaxAttempts; }));
  EXPECT_THAT(board_.recorded, UnorderedElementsAre(1, 3)) << "the others do not wait for it";
  EXPECT_EQ(stream_.in_hand(), 1u);
  EXPECT_THAT(board_.buried, IsEmpty());
  handler_.lacks = -1;
  ASSERT_TRUE(RunUntil([&] { return board_.recorded.size() == 3; }));
  EXPECT_TRUE(RunUntil([&] { return stream_.in_hand() == 0; }));
  EXPECT_EQ(metrics_.retried.Value(), 0);
  EXPECT_THAT(stream_.dead(), IsEmpty());
}

TEST_F(ConsumerTest, OneThatStopsWhileTheHandlerLacksWhatItNeedsGivesNothingUp) {
  stream_.SetConnected(true);
  handler_.lacks = 1;
  board_.Add(Key(1));
  StartSweeper();
  StartProcessor();
  ASSERT_TRUE(RunUntil([&] { return handler_.handled.size() > 2; }));
  stream_.StopConsuming();
  EXPECT_TRUE(Run(processor_->Stop(Deadline::After(milliseconds(50)))));
  processor_ = nullptr;
  EXPECT_EQ(stream_.in_hand(), 1u) << "comes again elsewhere";
  EXPECT_THAT(stream_.dead(), IsEmpty());
}

TEST_F(ConsumerTest, WhatAlwaysFailsIsTriedAsOftenAsMayBeThenDeadAndBuried) {
  stream_.SetConnected(true);
  handler_.fails = 2;
  for (int64_t n = 1; n <= 3; ++n) board_.Add(Key(n));
  StartSweeper();
  StartProcessor();
  ASSERT_TRUE(RunUntil([&] { return board_.buried.size() == 1; }));
  EXPECT_THAT(board_.buried, ElementsAre(2));
  EXPECT_THAT(board_.recorded, UnorderedElementsAre(1, 3));
  EXPECT_EQ(std::count(handler_.handled.begin(), handler_.handled.end(), 2), kMaxAttempts);
  EXPECT_THAT(stream_.dead(), ElementsAre(Key(2)));
  EXPECT_TRUE(RunUntil([&] { return stream_.in_hand() == 0; }));
  EXPECT_EQ(metrics_.retried.Value(), kMaxAttempts - 1);
}

TEST_F(ConsumerTest, AHandlerThatThrowsIsOneThatFails) {
  stream_.SetConnected(true);
  handler_.throws = true;
  board_.Add(Key(1));
  StartSweeper();
  StartProcessor();
  ASSERT_TRUE(RunUntil([&] { return metrics_.retried.Value() > 0; }));
  handler_.throws = false;
  EXPECT_TRUE(RunUntil([&] { return board_.recorded.size() == 1; }));
}

TEST_F(ConsumerTest, EventsOfSeveralRunsInOneBatchAreRecordedApart) {
  stream_.SetConnected(true);
  board_.Add(Key(1, "one"));
  board_.Add(Key(2, "other"));
  StartSweeper();
  ASSERT_TRUE(RunUntil([&] { return stream_.waiting().size() == 2; }));
  StartProcessor();
  ASSERT_TRUE(RunUntil([&] { return board_.recorded.size() == 2; }));
  EXPECT_EQ(board_.records, 2);
}

TEST_F(ConsumerTest, AWakeEndsThePauseOfOneThatKnowsOfNoPendingKey) {
  stream_.SetConnected(true);
  StartSweeper({.idle = milliseconds(3'600'000)});
  ASSERT_TRUE(RunUntil([&] { return board_.claims == 1; }));
  RunFor(milliseconds(2));
  board_.Add(Key(1));
  sweeper_->Wake();
  sweeper_->Wake();
  ASSERT_TRUE(RunUntil([&] { return board_.claims > 1; }));
  EXPECT_EQ(metrics_.wakes.Value(), 1);
}

TEST_F(ConsumerTest, OneThatLooksOnlyWhenWokenMissesWhatNobodyTellsOf) {
  stream_.SetConnected(true);
  StartSweeper({.only_when_woken = true});
  ASSERT_TRUE(RunUntil([&] { return board_.claims == 1; }));
  board_.Add(Key(1));
  RunFor(milliseconds(300));
  EXPECT_EQ(board_.claims, 1) << "others look every 100 ms at least";
  // Also when it knows of a pending key.
  for (int n = 2; n <= 3; ++n) {
    sweeper_->Wake();
    ASSERT_TRUE(RunUntil([&] { return board_.claims == n; }));
  }
  EXPECT_TRUE(RunUntil([&] { return board_.confirmed.size() == 1; }));
}

}  // namespace
}  // namespace trellis::keytest
