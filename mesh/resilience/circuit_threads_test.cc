// 64 threads at a half-open breaker, most of whose probes get lost or end late.
#include <gmock/gmock.h>

#include <atomic>
#include <barrier>
#include <optional>
#include <random>
#include <thread>
#include <vector>

#include "mesh/base/deadline.h"
#include "mesh/resilience/circuit_breaker.h"

namespace trellis::resilience {
namespace {

using base::milliseconds;
using base::SteadyTime;
using Permit = CircuitBreaker::Permit;

constexpr int kThreads = 64;
constexpr int kProbes = 4;
constexpr milliseconds kLease{30};
constexpr milliseconds kQuick{1};

// Moved by one thread while others read it.
class SharedClock final : public base::Clock {
 public:
  [[nodiscard]] SteadyTime Now() const override {
    return SteadyTime(milliseconds(1'000'000 + passed_.load()));
  }
  [[nodiscard]] base::WallTime WallNow() const override {
    return base::WallTime(milliseconds(passed_.load()));
  }
  void Advance(int millis) { passed_ += millis; }

 private:
  std::atomic<int> passed_{0};
};

enum class Fate { kSucceeds, kFails, kIsForgotten, kEndsLater, kIsLost };

// How many of a hundred calls have which fate.
struct Backend {
  int succeed, fail, forgotten, later;  // the rest are lost

  [[nodiscard]] Fate Draw(std::mt19937& random) const {
    int drawn = std::uniform_int_distribution<int>(0, 99)(random);
    if ((drawn -= succeed) < 0) return Fate::kSucceeds;
    if ((drawn -= fail) < 0) return Fate::kFails;
    if ((drawn -= forgotten) < 0) return Fate::kIsForgotten;
    return (drawn - later) < 0 ? Fate::kEndsLater : Fate::kIsLost;
  }
};

CircuitBreakerOptions Options(milliseconds lease) {
  return {.minimum_calls = 1,
          .open_time = milliseconds(7),
          .probes = kProbes,
          .successes_to_close = 3,
          .probe_lease = lease};
}

// Time goes on between rounds only, when all threads stand still. So it is known of each probe,
// without the breaker's word, whether it is in flight: its lease has not ended, and nobody has
// begun to end it.
class Stampede {
 public:
  Stampede(CircuitBreakerOptions options, unsigned seed)
      : lease_(options.probe_lease), seed_(seed), breaker_(std::move(options), clock_) {
    breaker_.Acquire()->Failed(kQuick);
    clock_.Advance(1000);
  }

  // Ends when it is closed, or after so many rounds.
  void Run(const Backend& backend, int rounds) {
    bool done = false;
    std::mt19937 random(++seed_);
    const auto between = [&]() noexcept {
      clock_.Advance(std::uniform_int_distribution<int>(0, 8)(random));
      EndLeases();
      done = --rounds == 0 || closed();
    };
    std::barrier barrier(kThreads, between);
    std::vector<std::thread> threads;
    for (int i = 0; i < kThreads; ++i) {
      threads.emplace_back([&, i, own = std::mt19937(++seed_)]() mutable {
        while (!done) {
          for (int n = 0; n < 5; ++n) Call(held_[i], backend, own);
          barrier.arrive_and_wait();
        }
      });
    }
    for (std::thread& thread : threads) thread.join();
  }

  bool closed() { return breaker_.snapshot().state == CircuitState::kClosed; }
  CircuitSnapshot snapshot() { return breaker_.snapshot(); }
  [[nodiscard]] int most_in_flight() const { return most_; }

 private:
  struct Held {
    Permit permit;
    SteadyTime lease_end;
    bool counted;  // in in_flight_
    bool lost;
  };

  void Call(std::vector<Held>& held, const Backend& backend, std::mt19937& random) {
    if (!held.empty() && random() % 4 == 0) {
      const size_t i = random() % held.size();
      if (!held[i].lost) {
        End(held[i], random() % 2 == 0 ? Fate::kSucceeds : Fate::kFails);
        held.erase(held.begin() + static_cast<std::ptrdiff_t>(i));
      }
    }
    absl::StatusOr<Permit> permit = breaker_.Acquire();
    if (!permit.ok()) return;
    const int now = ++in_flight_;
    for (int most = most_; now > most && !most_.compare_exchange_weak(most, now);) {
    }
    Held call{*std::move(permit), base::Deadline::After(lease_, clock_.Now()).time(), true, false};
    std::this_thread::yield();
    const Fate fate = backend.Draw(random);
    if (fate != Fate::kEndsLater && fate != Fate::kIsLost) return End(call, fate);
    call.lost = fate == Fate::kIsLost;
    held.push_back(std::move(call));
  }

  // Its place may be taken as soon as the breaker knows, so it is given up before.
  void End(Held& call, Fate fate) {
    if (call.counted) --in_flight_;
    if (fate == Fate::kSucceeds) call.permit.Succeeded(kQuick);
    if (fate == Fate::kFails) call.permit.Failed(kQuick);
  }

  void EndLeases() {
    for (std::vector<Held>& of_thread : held_) {
      for (Held& call : of_thread) {
        if (!call.counted || call.lease_end > clock_.Now()) continue;
        call.counted = false;
        --in_flight_;
      }
    }
  }

  const milliseconds lease_;
  unsigned seed_;
  SharedClock clock_;
  std::vector<Held> held_[kThreads];
  CircuitBreaker breaker_;
  std::atomic<int> in_flight_{0};
  std::atomic<int> most_{0};
};

constexpr Backend kAllKinds{.succeed = 35, .fail = 5, .forgotten = 20, .later = 20};
constexpr Backend kIll{.succeed = 0, .fail = 10, .forgotten = 20, .later = 0};
constexpr Backend kWell{.succeed = 75, .fail = 0, .forgotten = 5, .later = 0};

TEST(CircuitThreadsTest, NeverMoreProbesInFlightThanTheLimit) {
  CircuitSnapshot seen;
  for (unsigned seed = 0; seed < 50; ++seed) {
    CircuitBreakerOptions options = Options(kLease);
    options.successes_to_close = 1'000'000;  // so that every call is a probe
    Stampede stampede(options, seed * 1000);
    stampede.Run(kAllKinds, 150);
    ASSERT_EQ(stampede.most_in_flight(), kProbes) << "seed " << seed;
    const CircuitSnapshot one = stampede.snapshot();
    seen.lost += one.lost;
    seen.late += one.late;
    seen.rejected += one.rejected;
  }
  EXPECT_GT(seen.lost, 1000U);
  EXPECT_GT(seen.late, 100U);
  EXPECT_GT(seen.rejected, 10'000U);
}

TEST(CircuitThreadsTest, ClosesWhenTheBackendIsWellThoughProbesAreLost) {
  for (unsigned seed = 0; seed < 20; ++seed) {
    Stampede stampede(Options(kLease), seed * 1000);
    stampede.Run(kIll, 50);
    ASSERT_EQ(stampede.most_in_flight(), kProbes);
    ASSERT_FALSE(stampede.closed());
    ASSERT_GT(stampede.snapshot().lost, 0U);
    stampede.Run(kWell, 2000);
    ASSERT_TRUE(stampede.closed()) << "seed " << seed;
  }
}

// What the lease is for: the same without one is stuck, and the tests above would see it.
TEST(CircuitThreadsTest, WithoutALeaseItIsStuck) {
  Stampede stampede(Options(milliseconds::max()), 0);
  stampede.Run({.succeed = 0, .fail = 0, .forgotten = 20, .later = 0}, 50);
  stampede.Run(kWell, 2000);
  EXPECT_FALSE(stampede.closed());
  EXPECT_EQ(stampede.snapshot().state, CircuitState::kHalfOpen);
  EXPECT_EQ(stampede.snapshot().probes_in_flight, kProbes);
}

// Leases end in the middle of everything else.
TEST(CircuitThreadsTest, ClosesWhenTheBackendIsWellInRealTime) {
  CircuitBreakerOptions options = Options(milliseconds(3));
  options.open_time = milliseconds(1);
  const base::SystemClock clock;
  std::vector<Permit> lost[kThreads];  // destroyed after the breaker
  CircuitBreaker breaker(options, clock);
  breaker.Acquire()->Failed(kQuick);
  const base::Deadline patience = base::Deadline::After(milliseconds(30'000));
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&, i, random = std::mt19937(i)]() mutable {
      for (CircuitSnapshot seen = breaker.snapshot();
           seen.state != CircuitState::kClosed && !patience.Expired(); seen = breaker.snapshot()) {
        const Fate fate = (seen.lost < 200 ? kIll : kWell).Draw(random);
        absl::StatusOr<Permit> permit = breaker.Acquire();
        if (!permit.ok()) continue;
        if (fate == Fate::kSucceeds) permit->Succeeded(kQuick);
        if (fate == Fate::kFails) permit->Failed(kQuick);
        if (fate == Fate::kIsLost) lost[i].push_back(*std::move(permit));
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(breaker.snapshot().state, CircuitState::kClosed);
  EXPECT_GE(breaker.snapshot().lost, 200U);
}

}  // namespace
}  // namespace trellis::resilience
