#include "clients/cli/load/runner.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

namespace trellis::cli::load {
namespace {

using base::milliseconds;
using std::chrono::steady_clock;

// Answers no call, each on a thread of its own, before `open_at` have been started; then all. Or
// when cancelled.
class HeldCaller final : public Caller {
 public:
  explicit HeldCaller(size_t open_at) : open_at_(open_at) {}
  ~HeldCaller() override {
    for (std::thread& thread : threads_) thread.join();
  }
  void Start(int64_t index, Done done) override {
    const std::lock_guard lock(mutex_);
    started.push_back(index);
    most_in_flight = std::max<int64_t>(most_in_flight, ++in_flight_);
    if (IsOpen()) changed_.notify_all();
    threads_.emplace_back([this, done = std::move(done)] {
      std::unique_lock guard(mutex_);
      changed_.wait(guard, [this] { return IsOpen() || cancelled_; });
      --in_flight_;
      const bool ok = IsOpen();
      guard.unlock();
      done(ok ? "OK" : "CANCELLED", ok ? "" : "went away");
    });
  }
  void CancelAll() override {
    const std::lock_guard lock(mutex_);
    cancelled_ = true;
    changed_.notify_all();
  }
  std::vector<int64_t> started;
  int64_t most_in_flight = 0;

 private:
  [[nodiscard]] bool IsOpen() const { return started.size() >= open_at_; }

  const size_t open_at_;
  std::mutex mutex_;
  std::condition_variable changed_;
  int64_t in_flight_ = 0;
  bool cancelled_ = false;
  std::vector<std::thread> threads_;
};

Results Carry(const Plan& plan, HeldCaller& caller, const std::function<bool()>& interrupted) {
  const auto start = steady_clock::now();
  Recorder recorder(plan, start, base::WallTime());
  Runner(plan, caller, recorder, start, interrupted).Run();
  return recorder.Finish();
}

TEST(RunnerTest, ClosedLoopMakesEachCallOnceAndKeepsItsBound) {
  HeldCaller caller(0);
  const Results results = Carry({.calls = 200, .limit = 3, .timeout = milliseconds(1000)}, caller,
                                [] { return false; });
  EXPECT_EQ(results.Calls(), 200);
  EXPECT_EQ(results.CallsOf("OK"), 200);
  EXPECT_LE(caller.most_in_flight, 3);
  ASSERT_EQ(caller.started.size(), 200U);
  for (int64_t i = 0; i < 200; ++i) EXPECT_EQ(caller.started[static_cast<size_t>(i)], i);
  EXPECT_FALSE(results.interrupted);
}

TEST(RunnerTest, OpenLoopSendsWhileNothingIsAnswered) {
  HeldCaller caller(30);
  const Plan plan{
      .open = true, .calls = 50, .limit = 100, .rate = 500, .timeout = milliseconds(60'000)};
  const Results results = Carry(plan, caller, [] { return false; });
  EXPECT_EQ(results.CallsOf("OK"), 50);
  EXPECT_GE(caller.most_in_flight, 30);
  EXPECT_GE(results.latency.max(), milliseconds(29 * 1000 / 500))
      << "the first waited for the 30th";
}

TEST(RunnerTest, InterruptStopsSendingAndCancelsWhatIsInFlight) {
  HeldCaller caller(SIZE_MAX);
  std::atomic<int> looks{0};
  const Plan plan{
      .open = true, .calls = 100'000, .limit = 1000, .rate = 50, .timeout = milliseconds(60'000)};
  const Results results = Carry(plan, caller, [&looks] { return ++looks > 5; });
  EXPECT_TRUE(results.interrupted);
  EXPECT_GT(results.Calls(), 0);
  EXPECT_LT(results.Calls(), 100);
  EXPECT_EQ(results.CallsOf("CANCELLED"), results.Calls()) << "none was held back by the bound";
}

}  // namespace
}  // namespace trellis::cli::load
