#include "mesh/base/shared_rounds.h"

#include <gmock/gmock.h>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <stdexcept>

namespace trellis::base {
namespace {

namespace asio = boost::asio;
using Answer = std::shared_ptr<std::optional<absl::StatusOr<int>>>;

// Rounds that answer with their number, and end when the test says so.
class SharedRoundsTest : public ::testing::Test {
 protected:
  using Rounds = SharedRounds<int, int>;

  asio::awaitable<absl::StatusOr<int>> Run(int key, Deadline deadline) {
    const int round = ++begun_;
    keys_.push_back(key);
    deadlines_.push_back(deadline);
    if (throws_) throw std::runtime_error("no luck");
    const auto gate = std::make_shared<asio::steady_timer>(context_, SteadyTime::max());
    gates_.push_back(gate);
    boost::system::error_code error;
    co_await gate->async_wait(asio::redirect_error(asio::use_awaitable, error));
    co_return round;
  }
  Answer Ask(int key, Deadline deadline = Deadline::Infinite(), asio::cancellation_slot slot = {}) {
    auto answer = std::make_shared<std::optional<absl::StatusOr<int>>>();
    asio::co_spawn(context_, rounds_->Do(key, deadline),
                   asio::bind_cancellation_slot(slot, [answer](const std::exception_ptr& thrown,
                                                               absl::StatusOr<int> result) {
                     *answer = thrown ? absl::AbortedError("threw") : std::move(result);
                   }));
    Poll();
    return answer;
  }
  void Poll() {
    context_.restart();
    context_.poll();
  }
  void EndRound(size_t i) {
    gates_.at(i)->cancel();
    Poll();
  }
  static int Value(const Answer& answer) {
    return answer->has_value() && (*answer)->ok() ? ***answer : -1;
  }

  asio::io_context context_{1};
  int begun_ = 0;
  bool throws_ = false;
  std::vector<int> keys_;
  std::vector<Deadline> deadlines_;
  std::vector<std::shared_ptr<asio::steady_timer>> gates_;
  std::unique_ptr<Rounds> rounds_ = std::make_unique<Rounds>(
      context_.get_executor(), [this](int key, Deadline deadline) { return Run(key, deadline); });
};

TEST_F(SharedRoundsTest, WhoComesDuringARoundGetsTheNextOneTogether) {
  const Answer first = Ask(1), second = Ask(1), third = Ask(1);
  EXPECT_EQ(begun_, 1);
  EndRound(0);
  EXPECT_EQ(Value(first), 1);
  EXPECT_FALSE(second->has_value());
  EXPECT_EQ(begun_, 2);
  EndRound(1);
  EXPECT_EQ(Value(second), 2);
  EXPECT_EQ(Value(third), 2);
  EXPECT_EQ(begun_, 2);
}

TEST_F(SharedRoundsTest, KeysDoNotWaitForEachOther) {
  const Answer one = Ask(1), two = Ask(2);
  EXPECT_EQ(begun_, 2);
  EndRound(1);
  EXPECT_EQ(Value(two), 2);
  EXPECT_FALSE(one->has_value());
  EndRound(0);
}

TEST_F(SharedRoundsTest, AKeyIsForgottenWhenNobodyWaits) {
  for (int i = 0; i < 3; ++i) {
    const Answer answer = Ask(1);
    EndRound(static_cast<size_t>(i));
    EXPECT_EQ(Value(answer), i + 1);
  }
}

TEST_F(SharedRoundsTest, WhoRunsARoundAndIsCancelledHoldsUpNobody) {
  asio::cancellation_signal signal;
  const Answer first = Ask(1, Deadline::Infinite(), signal.slot());
  const Answer second = Ask(1);
  signal.emit(asio::cancellation_type::terminal);
  Poll();
  EXPECT_EQ(begun_, 2);
  EndRound(1);
  EXPECT_EQ(Value(second), 2);
}

TEST_F(SharedRoundsTest, WhoWaitsAndIsCancelledGoes) {
  asio::cancellation_signal signal;
  const Answer first = Ask(1);
  const Answer second = Ask(1, Deadline::Infinite(), signal.slot());
  signal.emit(asio::cancellation_type::terminal);
  Poll();
  EXPECT_TRUE(second->has_value());
  EndRound(0);
  EXPECT_EQ(Value(first), 1);
  EXPECT_EQ(begun_, 1) << "a round for nobody";
  const Answer third = Ask(1);
  EndRound(1);
  EXPECT_EQ(Value(third), 2);
}

TEST_F(SharedRoundsTest, WhoWaitsGoesAtItsDeadline) {
  const Answer first = Ask(1);
  const Answer second = Ask(1, Deadline::After(milliseconds(1)));
  const Deadline end = Deadline::After(milliseconds(5'000));
  while (!second->has_value() && !end.Expired()) context_.run_one_for(milliseconds(10));
  ASSERT_TRUE(second->has_value());
  EXPECT_EQ((*second)->status().code(), absl::StatusCode::kDeadlineExceeded);
  EndRound(0);
}

TEST_F(SharedRoundsTest, ASharedRoundHasTheLatestDeadline) {
  const Answer first = Ask(1);
  const Deadline early = Deadline::After(milliseconds(50'000));
  const Deadline late = Deadline::After(milliseconds(90'000));
  const Answer second = Ask(1, early), third = Ask(1, late), fourth = Ask(1, early);
  EndRound(0);
  EXPECT_EQ(deadlines_.at(1).time(), late.time());
  EndRound(1);
  EXPECT_EQ(Value(fourth), 2);
}

TEST_F(SharedRoundsTest, ARoundThatThrowsIsAnErrorForThoseWhoShareIt) {
  const Answer first = Ask(1), second = Ask(1);
  throws_ = true;
  EndRound(0);
  ASSERT_TRUE(second->has_value());
  EXPECT_EQ((*second)->status().code(), absl::StatusCode::kInternal);
  throws_ = false;
  const Answer third = Ask(1);
  EndRound(1);
  EXPECT_EQ(Value(third), 3);
}

TEST_F(SharedRoundsTest, DestroyingItAnswersThoseWhoWait) {
  const Answer first = Ask(1), second = Ask(1);
  rounds_.reset();
  Poll();
  ASSERT_TRUE(second->has_value());
  EXPECT_EQ((*second)->status().code(), absl::StatusCode::kUnavailable);
  EndRound(0);
  EXPECT_EQ(Value(first), 1);
  EXPECT_EQ(begun_, 1);
}

// Rounds and those who wait for them are destroyed with the reactor.
TEST_F(SharedRoundsTest, AReactorMayEndDuringARound) {
  auto reactor = std::make_unique<asio::io_context>(1);
  auto rounds = std::make_unique<Rounds>(
      reactor->get_executor(),
      [on = reactor.get()](int, Deadline) -> asio::awaitable<absl::StatusOr<int>> {
        asio::steady_timer forever(*on, SteadyTime::max());
        co_await forever.async_wait(asio::use_awaitable);
        co_return 1;
      });
  for (int i = 0; i < 3; ++i) {
    asio::co_spawn(*reactor, rounds->Do(1, Deadline::Infinite()),
                   [](const std::exception_ptr&, const absl::StatusOr<int>&) {});
  }
  reactor->poll();
  rounds.reset();
  reactor.reset();
}

}  // namespace
}  // namespace trellis::base
