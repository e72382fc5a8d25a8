#ifndef MESH_REDIS_SUBSCRIBER_H_
#define MESH_REDIS_SUBSCRIBER_H_

#include <boost/asio/any_io_executor.hpp>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "mesh/redis/connection.h"

namespace trellis::redis {

// Listens to channels (SUBSCRIBE) on a connection of its own, which connects and subscribes itself
// again for as long as it lives. Pub/sub is at most once: what is published while it is not
// subscribed is lost, so a user must look for itself after each subscribing, and now and then.
//
// Redis cuts a subscriber that has not read 32 MB of messages, or 8 MB for a minute
// (client-output-buffer-limit); that is one more loss after which it subscribes again. A silent
// connection is asked every `ping` whether it is alive, and dropped after the stall timeout.
//
// Belongs to one reactor: construct, use and destroy it on its thread or while it does not run.
// The callbacks run on it and must be short; messages live as long as the call.
class Subscriber {
 public:
  using OnMessage = std::function<void(std::string_view channel, std::string_view message)>;
  // True after each subscribing to all channels; false after each loss, with the reason.
  using OnChange = std::function<void(bool subscribed, const std::string& reason)>;

  Subscriber(boost::asio::any_io_executor executor, ConnectionOptions options,
             std::vector<std::string> channels, OnMessage on_message, OnChange on_change,
             base::milliseconds ping = base::milliseconds(1000));
  ~Subscriber();
  Subscriber(const Subscriber&) = delete;
  Subscriber& operator=(const Subscriber&) = delete;

  [[nodiscard]] bool subscribed() const;

 private:
  class Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace trellis::redis

#endif  // MESH_REDIS_SUBSCRIBER_H_
