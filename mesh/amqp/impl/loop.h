#ifndef MESH_AMQP_IMPL_LOOP_H_
#define MESH_AMQP_IMPL_LOOP_H_

#include <atomic>
#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "mesh/amqp/connection.h"
#include "mesh/amqp/impl/gets.h"
#include "mesh/amqp/impl/handover.h"
#include "mesh/amqp/impl/mailbox.h"
#include "mesh/amqp/impl/publishes.h"
#include "mesh/amqp/impl/session.h"
#include "mesh/amqp/impl/unsettled.h"

namespace trellis::amqp {

// The thread of a Connection: keeps a session, now and then a new one, and carries between it and
// the callers. What is public may be called from any thread.
class Loop final : private SessionEvents {
 public:
  explicit Loop(ConnectionOptions options);
  ~Loop() override;
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  void set_on_change(std::function<void(const ConnectionState&)> on_change);
  // Answers everybody and joins the thread.
  void Stop();
  // OK when a publish may be handed over now.
  [[nodiscard]] absl::Status Admit();
  void Flush(base::Deadline deadline);
  [[nodiscard]] ConnectionState state() const;
  [[nodiscard]] Handover& handover() { return handover_; }
  [[nodiscard]] Mailbox& mailbox() { return mailbox_; }

 private:
  void Run();
  void Accept();
  void Settle(const Settlement& settlement);
  void SendAcks();
  void StopConsuming();
  void FinishConsuming();
  // Connects, sends, keeps time. When to do it again.
  base::SteadyTime Turn(base::SteadyTime now);
  void Connect(base::SteadyTime now);
  // Waits for the socket or a hand-over and works off what the socket has.
  void Poll(base::SteadyTime until);
  void SayGoodbye();
  void Lose(const std::string& why);
  // Loses the session unless this is OK.
  void Check(const absl::Status& status);
  void ChangeState(ConnectionState state);
  void AnswerFlushes();
  void PostAnswers();

  void OnReady() override;
  void OnConfirm(uint64_t tag, bool multiple, bool taken) override;
  void OnReturned(uint64_t tag, const std::string& why) override;
  void OnDelivery(Delivery delivery) override;
  void OnGot(std::optional<Got> got) override;
  void OnBlocked(const std::string& why) override;
  void OnUnblocked() override;
  void OnConsumerCancelled() override;

  const ConnectionOptions options_;
  Handover handover_;
  Mailbox mailbox_;
  Publishes publishes_;
  Gets gets_;
  std::function<void(const ConnectionState&)> on_change_;

  mutable std::mutex mutex_;
  std::condition_variable flush_done_;
  uint64_t flushed_ = 0;   // the latest flush that is done; guarded by mutex_
  ConnectionState state_;  // guarded by mutex_
  std::atomic<bool> connected_{false};

  // What follows belongs to the thread.
  struct PendingFlush {
    uint64_t number;
    uint64_t position;  // in the socket's stream
  };
  Handover::Work work_;
  std::unique_ptr<Session> session_;
  uint64_t sessions_ = 0;
  size_t node_ = 0;
  int attempt_ = 0;
  base::SteadyTime next_attempt_;
  base::SteadyTime ready_since_;
  std::vector<Delivery> arrived_;  // to be put into the mailbox
  Unsettled unsettled_;            // of this session
  std::deque<PendingFlush> flushes_;
  Answers<Mailbox::Result> answers_;
  bool started_ = false;
  bool blocked_ = false;
  bool stop_consuming_ = false;
  bool consuming_done_ = false;
  std::thread thread_;
};

}  // namespace trellis::amqp

#endif  // MESH_AMQP_IMPL_LOOP_H_
