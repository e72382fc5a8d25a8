#ifndef MESH_POSTGRES_IMPL_EVENT_H_
#define MESH_POSTGRES_IMPL_EVENT_H_

#include "mesh/base/deadline.h"

namespace trellis::postgres::impl {

// Wakes a thread that waits for a socket. Thread-safe.
class Event {
 public:
  Event();
  ~Event();
  Event(const Event&) = delete;
  Event& operator=(const Event&) = delete;

  void Set() const;
  void Reset() const;
  [[nodiscard]] int fd() const { return fd_; }

 private:
  int fd_;
};

// Waits until `socket` (none when negative) can be read, or written if so asked, until `event` is
// set or until the deadline. Both may be true at once; neither after the deadline.
struct Woken {
  bool socket = false;
  bool event = false;
};
enum class For { kRead, kWrite };
[[nodiscard]] Woken Wait(int socket, For what, const Event& event, base::Deadline deadline);

}  // namespace trellis::postgres::impl

#endif  // MESH_POSTGRES_IMPL_EVENT_H_
