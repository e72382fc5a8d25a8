#ifndef MESH_RESILIENCE_TESTING_SIMULATED_SERVER_H_
#define MESH_RESILIENCE_TESTING_SIMULATED_SERVER_H_

#include <algorithm>
#include <deque>
#include <optional>
#include <queue>
#include <random>
#include <utility>
#include <vector>

#include "mesh/resilience/concurrency_limiter.h"

namespace trellis::resilience {

enum class Jitter { kNone, kUniform, kExponential };

// A server with so many workers and one queue, and clients that call it through a limiter without a
// pause, in a time of their own: two runs with the same seed are the same. Calls beyond the number
// of workers wait, so the latency rises from there on. A call that was refused is tried again after
// a while.
class SimulatedServer {
 public:
  SimulatedServer(ConcurrencyLimiterOptions options, int workers, Duration service, Jitter jitter)
      : workers_(workers), service_(service), jitter_(jitter), limiter_(options, clock_) {}

  void set_workers(int workers) { workers_ = workers; }
  void set_service(Duration service) { service_ = service; }
  // More only.
  void set_clients(size_t clients) {
    calls_.resize(clients);
    for (; clients_ < clients; ++clients_) Schedule(Duration(0), clients_, false);
  }

  struct Seen {
    double limit = 0;      // mean
    int lowest = 1 << 30;  // limit
    int highest = 0;       // limit
    double load = 0;       // calls that ended, as a share of what the workers can do
  };
  Seen Run(Duration duration) {
    Seen seen;
    const base::SteadyTime begin = clock_.now, end = begin + duration;
    double ended = 0, limit_time = 0;
    while (!events_.empty() && events_.top().at <= end) {
      const Event event = events_.top();
      events_.pop();
      const int limit = limiter_.limit();
      limit_time += limit * Seconds(event.at - clock_.now);
      clock_.now = event.at;
      seen.lowest = std::min(seen.lowest, limit);
      seen.highest = std::max(seen.highest, limit);
      if (event.done) {
        End(event.client);
        ended += 1;
      }
      Try(event.client);
    }
    seen.limit = limit_time / Seconds(clock_.now - begin);
    seen.load = ended * Seconds(service_) / (workers_ * Seconds(duration));
    return seen;
  }
  [[nodiscard]] const ConcurrencyLimiter& limiter() const { return limiter_; }

 private:
  struct Clock final : base::Clock {
    [[nodiscard]] base::SteadyTime Now() const override { return now; }
    [[nodiscard]] base::WallTime WallNow() const override { return {}; }
    base::SteadyTime now{std::chrono::hours(1)};
  };
  struct Call {
    std::optional<ConcurrencyLimiter::Permit> permit;
    base::SteadyTime began;
  };
  struct Event {
    base::SteadyTime at;
    uint64_t order;
    size_t client;
    bool done;                                  // else: it tries
    bool operator<(const Event& other) const {  // the top is the first
      return std::pair(at, order) > std::pair(other.at, other.order);
    }
  };

  static double Seconds(Duration duration) {
    return std::chrono::duration<double>(duration).count();
  }
  void Schedule(Duration after, size_t client, bool done) {
    events_.push({clock_.now + after, ++events_made_, client, done});
  }
  void Try(size_t client) {
    absl::StatusOr<ConcurrencyLimiter::Permit> permit = limiter_.Acquire();
    if (!permit.ok()) return Schedule(std::chrono::milliseconds(20), client, false);
    calls_[client].permit.emplace(*std::move(permit));
    calls_[client].began = clock_.now;
    waiting_.push_back(client);
    Work();
  }
  void End(size_t client) {
    --busy_;
    calls_[client].permit->Finish(clock_.now - calls_[client].began);
    Work();
  }
  void Work() {
    for (; busy_ < workers_ && !waiting_.empty(); ++busy_) {
      Schedule(std::chrono::duration_cast<Duration>(service_ * Share()), waiting_.front(), true);
      waiting_.pop_front();
    }
  }
  // Of the mean service time.
  double Share() {
    if (jitter_ == Jitter::kUniform) return std::uniform_real_distribution(0.5, 1.5)(random_);
    if (jitter_ == Jitter::kExponential) return std::exponential_distribution(1.0)(random_);
    return 1;
  }

  Clock clock_;
  int workers_;
  Duration service_;
  const Jitter jitter_;
  std::mt19937 random_{7};
  ConcurrencyLimiter limiter_;
  std::vector<Call> calls_;
  size_t clients_ = 0;
  std::priority_queue<Event> events_;
  uint64_t events_made_ = 0;
  std::deque<size_t> waiting_;
  int busy_ = 0;
};

}  // namespace trellis::resilience

#endif  // MESH_RESILIENCE_TESTING_SIMULATED_SERVER_H_
