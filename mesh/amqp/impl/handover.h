#ifndef MESH_AMQP_IMPL_HANDOVER_H_
#define MESH_AMQP_IMPL_HANDOVER_H_

#include <cstdint>
#include <mutex>
#include <vector>

#include "mesh/amqp/client.h"
#include "mesh/amqp/impl/answers.h"
#include "mesh/base/clock.h"

namespace trellis::amqp {

struct PublishRequest {
  Message message;
  base::Deadline deadline = base::Deadline::Infinite();
  Caller<absl::Status> caller;
};

struct GetRequest {
  std::string queue;
  base::Deadline deadline = base::Deadline::Infinite();
  Caller<absl::StatusOr<std::optional<Got>>> caller;
};

enum class Verdict { kAck, kRequeue, kReject };

struct Settlement {
  uint64_t connection = 0;
  uint64_t tag = 0;
  Verdict verdict = Verdict::kAck;
};

// What other threads want of the connection's thread, and how they wake it: with one write to an
// eventfd, and only when it sleeps. Thread-safe; nothing blocks.
class Handover {
 public:
  struct Work {
    std::vector<PublishRequest> publishes;
    std::vector<GetRequest> gets;
    std::vector<Settlement> settlements;
    uint64_t flush = 0;  // the latest flush that was asked for
    bool start = false;
    bool stop_consuming = false;
    bool stop = false;
    bool look = false;  // something else has changed, such as a deadline
  };

  Handover();
  ~Handover();
  Handover(const Handover&) = delete;
  Handover& operator=(const Handover&) = delete;

  void Publish(PublishRequest request);
  void Get(GetRequest request);
  void Settle(Settlement settlement);
  // Gives the number of this flush; it covers every settlement before it.
  uint64_t Flush();
  void Start();
  void StopConsuming();
  void Stop();
  // Makes the thread look at its deadlines when it would sleep beyond this one.
  void WakeBefore(base::SteadyTime time);

  // The thread: takes everything; the vectors given away are reused.
  void Take(Work* work);
  // The thread, before it polls: true when there is nothing to do until `until`. From then on a
  // hand-over makes fd() readable.
  [[nodiscard]] bool Sleep(base::SteadyTime until);
  [[nodiscard]] int fd() const { return fd_; }

 private:
  template <typename Change>
  void Put(Change change);
  void WakeLocked();

  const int fd_;
  std::mutex mutex_;
  Work work_;
  bool pending_ = false;  // work_ is not empty
  bool sleeping_ = false;
  bool signalled_ = false;
  base::SteadyTime sleeping_until_;
  uint64_t flushes_ = 0;
};

}  // namespace trellis::amqp

#endif  // MESH_AMQP_IMPL_HANDOVER_H_
