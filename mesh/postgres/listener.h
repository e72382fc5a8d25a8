#ifndef MESH_POSTGRES_LISTENER_H_
#define MESH_POSTGRES_LISTENER_H_

#include <functional>
#include <memory>
#include <string>

namespace trellis::postgres {

// LISTEN on one channel, on a connection and a thread of its own, connected again with backoff.
// Notifications are hints: those sent while it is not connected are lost, so `on_notify` is also
// called after each connect. It is called on the listener's thread; it must not block.
class Listener {
 public:
  Listener(std::string url, std::string channel, std::function<void()> on_notify);
  ~Listener();  // joins its thread within a second
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace trellis::postgres

#endif  // MESH_POSTGRES_LISTENER_H_
