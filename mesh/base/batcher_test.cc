#include "mesh/base/batcher.h"

#include <gmock/gmock.h>

#include <atomic>
#include <boost/asio/async_result.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <future>
#include <mutex>

#include "mesh/base/completion.h"
#include "mesh/base/reactors.h"

namespace trellis::base {
namespace {

namespace asio = boost::asio;
using ::testing::ElementsAre;
using Results = absl::StatusOr<std::vector<int>>;
using Answer = std::shared_ptr<std::optional<absl::StatusOr<int>>>;
using Ints = std::vector<int>;

// What a batcher of numbers is told to do; each batch is under way until the test ends it.
class BatcherTest : public ::testing::Test {
 protected:
  struct Held {
    Ints items;
    Deadline deadline;
    std::unique_ptr<Completion<Results>> completion;
  };

  void Make(BatcherOptions options) {
    batcher_ = std::make_unique<Batcher<int, int>>(
        [this](const Ints& items, Deadline deadline) { return Hold(items, deadline); }, options);
  }
  Answer Begin(int item, Deadline deadline = Deadline::Infinite(),
               asio::cancellation_slot slot = {}) {
    auto answer = std::make_shared<std::optional<absl::StatusOr<int>>>();
    asio::co_spawn(context_, batcher_->Do(item, deadline),
                   asio::bind_cancellation_slot(
                       slot, [answer](const std::exception_ptr&, absl::StatusOr<int> result) {
                         *answer = std::move(result);
                       }));
    return answer;
  }
  void Poll() {
    context_.restart();
    context_.poll();
  }
  // Ends a batch with ten times its items, or what is given.
  void End(size_t batch, std::optional<Results> results = {}) {
    Ints tenfold;
    for (const int item : batches_[batch].items) tenfold.push_back(10 * item);
    const auto completion = std::move(batches_[batch].completion);
    completion->Done(results ? *std::move(results) : Results(tenfold));
    Poll();
  }
  bool Await(const Answer& answer) {
    const Deadline patience = Deadline::After(milliseconds(20'000));
    while (!*answer && !patience.Expired()) {
      context_.restart();
      context_.run_one_for(milliseconds(50));
    }
    return answer->has_value();
  }
  [[nodiscard]] std::vector<Ints> Batches() const {
    std::vector<Ints> all;
    for (const Held& held : batches_) all.push_back(held.items);
    return all;
  }

  asio::io_context context_{1};
  std::vector<Held> batches_;
  std::unique_ptr<Batcher<int, int>> batcher_;

 private:
  asio::awaitable<Results> Hold(const Ints& items, Deadline deadline) {
    co_return co_await asio::async_initiate<const asio::use_awaitable_t<>&, void(Results)>(
        [this, &items, deadline](auto handler) {
          batches_.push_back({items, deadline, MakeCompletion<Results>(std::move(handler))});
        },
        asio::use_awaitable);
  }
};

constexpr BatcherOptions kOne{.max_under_way = 1};

TEST_F(BatcherTest, ItemsOfOneTurnStartAtOnceAndTogether) {
  Make(kOne);
  const Answer first = Begin(1), second = Begin(2);
  Poll();
  ASSERT_THAT(Batches(), ElementsAre(Ints{1, 2}));
  EXPECT_FALSE(first->has_value());
  End(0);
  EXPECT_EQ(first->value().value(), 10);
  EXPECT_EQ(second->value().value(), 20);
}

TEST_F(BatcherTest, GathersWhileABatchIsUnderWay) {
  Make(kOne);
  (void)Begin(1);
  Poll();
  (void)Begin(2);
  Poll();
  const Answer third = Begin(3);
  Poll();
  EXPECT_THAT(Batches(), ElementsAre(Ints{1}));
  End(0);
  EXPECT_THAT(Batches(), ElementsAre(Ints{1}, Ints{2, 3}));
  End(1);
  EXPECT_EQ(third->value().value(), 30);
}

TEST_F(BatcherTest, PaceHoldsTheNextBatchBackAndGathersMeanwhile) {
  const milliseconds pace(500);
  Make({.pace = pace});
  const Deadline not_before = Deadline::After(pace);
  (void)Begin(1);
  Poll();
  (void)Begin(2);
  (void)Begin(3);
  Poll();
  End(0);
  EXPECT_THAT(Batches(), ElementsAre(Ints{1}));
  const Answer last = Begin(4);
  const Deadline patience = Deadline::After(milliseconds(20'000));
  while (batches_.size() < 2 && !patience.Expired()) context_.run_one_for(milliseconds(50));
  EXPECT_TRUE(not_before.Expired());
  ASSERT_THAT(Batches(), ElementsAre(Ints{1}, Ints{2, 3, 4}));
  End(1);
  EXPECT_EQ(last->value().value(), 40);
}

TEST_F(BatcherTest, PaceHoldsNobodyBackWhoIsAlone) {
  Make({.pace = std::chrono::hours(1)});
  for (const int item : {1, 2, 3}) {
    const Answer answer = Begin(item);
    Poll();
    ASSERT_THAT(batches_, ::testing::SizeIs(item));
    End(static_cast<size_t>(item) - 1);
    EXPECT_EQ(answer->value().value(), 10 * item);
  }
}

TEST_F(BatcherTest, PaceHoldsNoFullBatchBack) {
  Make({.max_items = 2, .pace = std::chrono::hours(1)});
  (void)Begin(1);
  Poll();
  (void)Begin(2);
  (void)Begin(3);
  Poll();
  End(0);
  EXPECT_THAT(Batches(), ElementsAre(Ints{1}, Ints{2, 3}));
  End(1);
}

TEST_F(BatcherTest, AsManyBatchesAsAllowedAreUnderWay) {
  Make({.max_under_way = 2});
  for (const int item : {1, 2, 3}) {
    (void)Begin(item);
    Poll();
  }
  EXPECT_THAT(Batches(), ElementsAre(Ints{1}, Ints{2}));
  End(1);
  EXPECT_THAT(Batches(), ElementsAre(Ints{1}, Ints{2}, Ints{3}));
}

TEST_F(BatcherTest, BatchHoldsNoMoreThanItMay) {
  Make({.max_under_way = 1, .max_items = 2});
  for (const int item : {1, 2, 3, 4, 5}) (void)Begin(item);
  Poll();
  for (size_t i = 0; i < 3; ++i) End(i);
  EXPECT_THAT(Batches(), ElementsAre(Ints{1, 2}, Ints{3, 4}, Ints{5}));
}

TEST_F(BatcherTest, ItemWhoseDeadlinePassesWhileItWaitsNeverRuns) {
  Make(kOne);
  (void)Begin(1);
  Poll();
  const Answer late = Begin(2, Deadline::After(milliseconds(20)));
  (void)Begin(3);
  ASSERT_TRUE(Await(late));
  EXPECT_TRUE(absl::IsDeadlineExceeded(late->value().status())) << late->value().status();
  End(0);
  EXPECT_THAT(Batches(), ElementsAre(Ints{1}, Ints{3}));
  EXPECT_TRUE(absl::IsDeadlineExceeded([&] {
    const Answer expired = Begin(4, Deadline::At(SteadyTime::min()));
    Poll();
    return expired->value().status();
  }()));
}

TEST_F(BatcherTest, BatchRunsToTheLatestDeadlineButNobodyWaitsLongerThanItsOwn) {
  Make(kOne);
  const Deadline soon = Deadline::After(milliseconds(500));
  const Deadline later = Deadline::After(milliseconds(60'000));
  const Answer hasty = Begin(1, soon), patient = Begin(2, later);
  Poll();
  ASSERT_THAT(Batches(), ElementsAre(Ints{1, 2}));
  ASSERT_TRUE(Await(hasty));
  EXPECT_TRUE(absl::IsUnknown(hasty->value().status())) << "it may still be done";
  EXPECT_EQ(batches_[0].deadline.time(), later.time());
  EXPECT_FALSE(patient->has_value());
  End(0);
  EXPECT_EQ(patient->value().value(), 20);
}

TEST_F(BatcherTest, BadItemFailsAlone) {
  Make(kOne);
  const Answer first = Begin(1), bad = Begin(2), third = Begin(3);
  Poll();
  End(0, absl::InvalidArgumentError("2 is bad"));
  End(1);
  End(2, absl::InvalidArgumentError("2 is bad"));
  End(3);
  EXPECT_THAT(Batches(), ElementsAre(Ints{1, 2, 3}, Ints{1}, Ints{2}, Ints{3}));
  EXPECT_EQ(first->value().value(), 10);
  EXPECT_TRUE(absl::IsInvalidArgument(bad->value().status()));
  EXPECT_EQ(third->value().value(), 30);
}

TEST_F(BatcherTest, OneWhoLeavesWhileOthersAreTriedAloneIsToldThatNothingHappened) {
  Make(kOne);
  (void)Begin(1);
  const Answer hasty = Begin(2, Deadline::After(milliseconds(500)));
  Poll();
  ASSERT_THAT(Batches(), ElementsAre(Ints{1, 2}));
  End(0, absl::InternalError("one of them"));
  ASSERT_TRUE(Await(hasty));
  EXPECT_TRUE(absl::IsDeadlineExceeded(hasty->value().status())) << hasty->value().status();
  End(1);
  EXPECT_THAT(Batches(), ElementsAre(Ints{1, 2}, Ints{1}));
}

TEST_F(BatcherTest, FailureOfTheWholeIsEverybodysAndNothingRunsAgain) {
  for (const absl::StatusCode code :
       {absl::StatusCode::kUnavailable, absl::StatusCode::kUnknown,
        absl::StatusCode::kDeadlineExceeded, absl::StatusCode::kResourceExhausted,
        absl::StatusCode::kAborted}) {
    batches_.clear();
    Make(kOne);
    const Answer first = Begin(1), second = Begin(2);
    Poll();
    End(0, MakeStatus(code, "away"));
    EXPECT_EQ(first->value().status().code(), code);
    EXPECT_EQ(second->value().status().code(), code);
    EXPECT_THAT(batches_, testing::SizeIs(1));
  }
}

TEST_F(BatcherTest, MissingResultsAreAFailure) {
  Make(kOne);
  const Answer answer = Begin(1);
  Poll();
  End(0, Ints{});
  EXPECT_TRUE(absl::IsInternal(answer->value().status()));
}

TEST_F(BatcherTest, WhatThrowsIsAFailureAndOthersGoOn) {
  Batcher<int, int> batcher([](const Ints& items, Deadline) -> asio::awaitable<Results> {
    for (const int item : items) {
      if (item == 1) throw std::runtime_error("one");
      if (item == 2) throw 2;
    }
    co_return items;
  });
  std::vector<std::string> answers;
  for (const int item : {1, 2, 3}) {
    asio::co_spawn(
        context_, batcher.Do(item, Deadline::Infinite()),
        [&answers](const std::exception_ptr&, const absl::StatusOr<int>& result) {
          answers.push_back(result.ok() ? std::to_string(*result) : MessageOf(result.status()));
        });
  }
  Poll();
  EXPECT_THAT(answers,
              ElementsAre("a batch threw: one", "a batch threw what is no exception", "3"));
}

TEST_F(BatcherTest, TooManyThatWaitAreRefused) {
  Make({.max_under_way = 1, .max_waiting = 1});
  (void)Begin(1);
  Poll();
  (void)Begin(2);
  const Answer third = Begin(3);
  Poll();
  EXPECT_TRUE(absl::IsResourceExhausted(third->value().status()));
  End(0);
  (void)Begin(4);
  Poll();
  End(1);
  EXPECT_THAT(Batches(), ElementsAre(Ints{1}, Ints{2}, Ints{4}));
}

TEST_F(BatcherTest, CancelledCallerGoesAndItsItemDoesNotRun) {
  Make(kOne);
  (void)Begin(1);
  Poll();
  asio::cancellation_signal signal;
  const Answer cancelled = Begin(2, Deadline::Infinite(), signal.slot());
  Poll();
  signal.emit(asio::cancellation_type::terminal);
  Poll();
  ASSERT_TRUE(cancelled->has_value());
  End(0);
  EXPECT_THAT(Batches(), ElementsAre(Ints{1}));
}

TEST_F(BatcherTest, DestroyedBatcherAnswersThoseWhoWaitAndEndsWhatIsUnderWay) {
  Make(kOne);
  const Answer running = Begin(1);
  Poll();
  const Answer waiting = Begin(2);
  Poll();
  batcher_.reset();
  Poll();
  ASSERT_TRUE(waiting->has_value());
  EXPECT_TRUE(absl::IsUnavailable(waiting->value().status()));
  EXPECT_FALSE(running->has_value());
  End(0);
  EXPECT_EQ(running->value().value(), 10);
  EXPECT_THAT(Batches(), ElementsAre(Ints{1}));
}

TEST_F(BatcherTest, DestroyedBatcherTriesNobodyAlone) {
  Make(kOne);
  const Answer first = Begin(1), second = Begin(2);
  Poll();
  batcher_.reset();
  End(0, absl::InternalError("one of them"));
  EXPECT_TRUE(absl::IsUnavailable(first->value().status()));
  EXPECT_TRUE(absl::IsUnavailable(second->value().status()));
  EXPECT_THAT(Batches(), ElementsAre(Ints{1, 2}));
}

TEST(BatcherReactorsTest, CallersOfManyReactorsAreAnsweredOnTheirOwn) {
  constexpr int kReactors = 2, kCallers = 32, kRounds = 200;
  std::atomic<int> batches{0}, items_done{0}, under_way{0}, most{0}, strangers{0}, wrong{0};
  Reactors reactors(kReactors);
  Batcher<int, int> batcher(
      [&](const Ints& items, Deadline) -> asio::awaitable<Results> {
        most = std::max<int>(most, ++under_way);
        const asio::any_io_executor executor = co_await asio::this_coro::executor;
        co_await asio::post(executor, asio::use_awaitable);
        ++batches;
        items_done += static_cast<int>(items.size());
        Ints results;
        for (const int item : items) results.push_back(item + 1);
        --under_way;
        co_return results;
      },
      {.max_under_way = 1});
  const auto call = [&](int reactor, int caller) -> asio::awaitable<void> {
    for (int round = 0; round < kRounds; ++round) {
      const int item = (reactor * kCallers + caller) * kRounds + round;
      const absl::StatusOr<int> result = co_await batcher.Do(item, Deadline::Infinite());
      if (!result.ok() || *result != item + 1) ++wrong;
      if (!reactors[static_cast<size_t>(reactor)].get_executor().running_in_this_thread()) {
        ++strangers;
      }
    }
  };
  std::vector<std::future<void>> ends;
  for (int reactor = 0; reactor < kReactors; ++reactor) {
    for (int caller = 0; caller < kCallers; ++caller) {
      auto end = std::make_shared<std::promise<void>>();
      ends.push_back(end->get_future());
      asio::co_spawn(reactors[static_cast<size_t>(reactor)], call(reactor, caller),
                     [end](const std::exception_ptr&) { end->set_value(); });
    }
  }
  reactors.Start();
  for (std::future<void>& end : ends) {
    ASSERT_EQ(end.wait_for(std::chrono::seconds(60)), std::future_status::ready);
  }
  EXPECT_EQ(wrong, 0);
  EXPECT_EQ(strangers, 0);
  EXPECT_EQ(most, 1);
  EXPECT_EQ(items_done, kReactors * kCallers * kRounds);
  EXPECT_LT(batches, items_done / 2) << "callers that come together share batches";
}

}  // namespace
}  // namespace trellis::base
