#ifndef MESH_NATS_IMPL_LOOP_H_
#define MESH_NATS_IMPL_LOOP_H_

#include <atomic>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "mesh/nats/connection.h"
#include "mesh/nats/impl/deliveries.h"
#include "mesh/nats/impl/publishes.h"
#include "mesh/nats/impl/session.h"

namespace trellis::nats {

enum class Verdict { kAck, kRetry };

struct Settlement {
  uint64_t session = 0;
  uint64_t tag = 0;
  Verdict verdict = Verdict::kAck;
  base::milliseconds delay{0};
};

// The thread of a Connection: keeps a session, now and then a new one, and carries between it and
// the callers. What is public may be called from any thread.
class Loop final : private SessionEvents {
 public:
  explicit Loop(ConnectionOptions options);
  ~Loop() override;
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  // Before Start.
  void set_on_change(std::function<void(const ConnectionState&)> on_change);
  void Start();
  void Stop();
  void StopConsuming();
  void Flush(base::Deadline deadline);
  void Publish(const BatchPtr& batch);
  void Settle(std::vector<Settlement> settlements);
  void Bury(Delivery delivery);
  [[nodiscard]] ConnectionState state() const;
  [[nodiscard]] Publishes& publishes() { return publishes_; }
  [[nodiscard]] Deliveries& deliveries() { return deliveries_; }

 private:
  // What others want of the thread. Guarded by mutex_ until it is taken.
  struct Work {
    std::vector<Settlement> settlements;
    std::vector<Delivery> to_bury;
    uint64_t gone_session = 0;
    std::string gone_why;
    uint64_t drained_session = 0;
    bool refusal_changed = false;
    bool stop_consuming = false;
    bool stop = false;
    uint64_t flush = 0;  // the latest that was asked for
    base::Deadline flush_deadline = base::Deadline::Infinite();
  };

  void Run();
  template <typename Change>
  void Put(Change change);
  void Turn();
  void Connect();
  void Lose(const std::string& why);
  // Loses the session unless this is OK or the fault of the message.
  void Check(const absl::Status& status);
  void SendPublishes();
  void SendSettlements();
  void StartBurials();
  void Ask();
  void Touch();
  void AnswerFlush();
  void FinishConsuming();
  void AwaitDrained();
  void SayGoodbye();
  void ChangeState(ConnectionState state);
  void ReportRefusal();

  void OnPubAck(uint64_t token, absl::Status status) override;
  void OnGone(uint64_t session, const std::string& what) override;
  void OnDelivery(uint64_t session, const std::string& ack_subject, std::string data) override;
  void OnPullEnded(uint64_t session, int missing) override;
  void OnDrained(uint64_t session) override;
  void OnClosed(uint64_t session) override;

  const ConnectionOptions options_;
  Publishes publishes_;
  Deliveries deliveries_;
  std::function<void(const ConnectionState&)> on_change_;
  std::atomic<bool> refused_{false};

  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::condition_variable flush_done_;
  bool woken_ = false;
  Work incoming_;
  std::string refusal_;
  uint64_t flushes_ = 0;
  uint64_t flushed_ = 0;
  ConnectionState state_;

  // What follows belongs to the thread.
  Work work_;
  std::unique_ptr<Session> session_;
  uint64_t sessions_ = 0;
  int attempt_ = 0;
  base::SteadyTime next_attempt_;
  base::SteadyTime ready_since_;
  base::SteadyTime next_touch_;
  base::SteadyTime next_ask_;
  bool stop_consuming_ = false;
  bool draining_ = false;
  uint64_t drained_session_ = 0;
  bool consuming_done_ = false;
  std::thread thread_;
};

}  // namespace trellis::nats

#endif  // MESH_NATS_IMPL_LOOP_H_
