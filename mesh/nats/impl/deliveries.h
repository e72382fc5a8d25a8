#ifndef MESH_NATS_IMPL_DELIVERIES_H_
#define MESH_NATS_IMPL_DELIVERIES_H_

#include <deque>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "mesh/base/clock.h"
#include "mesh/nats/client.h"
#include "mesh/nats/impl/waiter.h"

namespace trellis::nats {

// The deliveries of a consumer that are here: those that nobody has taken, those in hand, and how
// many more the server was asked for. Thread-safe; nothing blocks.
class Deliveries {
 public:
  using Result = absl::StatusOr<std::vector<Delivery>>;

  Deliveries(int prefetch, base::milliseconds ack_wait)
      : prefetch_(prefetch), ack_wait_(ack_wait) {}

  // A new connection, and its end: what came by the last one will come again.
  void Begin(uint64_t session);
  void Drop();

  // One has come, to be acked at a subject; nothing when it came by an older connection.
  [[nodiscard]] std::optional<Delivery> Hold(uint64_t session, std::string ack_subject,
                                             std::string data, int64_t attempt,
                                             base::SteadyTime now);
  // Gives it to those who wait. True when it is time to ask for more.
  [[nodiscard]] bool Offer(Delivery delivery);

  // What is here, or why there will be nothing; else nothing, and the waker, unless it is null, is
  // called when that changes. Who was called takes again; who goes instead leaves.
  [[nodiscard]] std::optional<Result> TakeOrWait(int max, const Waker* waker);
  void Leave(const Waker& waker);
  // CANCELLED from now on, once all is taken.
  void Close();

  // Takes it out of the hands of its holder: where to ack it. Empty: it is not there (any more).
  [[nodiscard]] std::string Release(uint64_t session, uint64_t tag);
  [[nodiscard]] std::string AckSubjectOf(uint64_t session, uint64_t tag) const;
  // The ack subjects of all that is here and in hand, which are then not any more.
  [[nodiscard]] std::vector<std::string> ReleaseAll();

  // How many to ask the server for now, until `expires`; counted as asked for. 0: none.
  [[nodiscard]] int Ask(base::SteadyTime now, base::SteadyTime expires);
  // The server will not send so many of them.
  void Unasked(uint64_t session, int count);
  // The ack subjects of those whom the server ought to hear of before it delivers them again.
  [[nodiscard]] std::vector<std::string> ToTouch(base::SteadyTime now);

 private:
  struct Held {
    std::string ack_subject;
    base::SteadyTime told;  // when the server last heard of it
  };
  [[nodiscard]] bool WantsLocked() const;
  [[nodiscard]] int RoomLocked() const;

  const int prefetch_;
  const base::milliseconds ack_wait_;
  mutable std::mutex mutex_;
  uint64_t session_ = 0;
  uint64_t last_tag_ = 0;
  bool closed_ = false;
  int asked_ = 0;
  base::SteadyTime asked_until_;
  std::deque<Delivery> ready_;
  std::deque<Waker> waiting_;
  std::unordered_map<uint64_t, Held> held_;  // with those in ready_
};

}  // namespace trellis::nats

#endif  // MESH_NATS_IMPL_DELIVERIES_H_
