#ifndef SERVICES_KEYTEST_EXPIRY_EVENTS_H_
#define SERVICES_KEYTEST_EXPIRY_EVENTS_H_

#include <boost/asio/any_io_executor.hpp>
#include <functional>
#include <string>
#include <string_view>

#include "mesh/redis/client.h"
#include "mesh/redis/subscriber.h"
#include "services/keytest/consumer_metrics.h"

namespace trellis::keytest {

// Listens to Redis' expired events (and to the generator's channel) and calls `wake` for those of
// generated keys and after each subscribing, since events are lost without one. Those of dedup keys
// are ignored. At most once and late, as Redis' events are: nothing but a hint.
//
// At each subscribing it looks whether Redis tells of expired keys at all, and has it do so where
// it may (notify-keyspace-events; flags that are there stay). Where it may not, that is logged, and
// sweeps alone do the work. Belongs to the executor's reactor; `commands` is of the same.
class ExpiryEvents {
 public:
  ExpiryEvents(const boost::asio::any_io_executor& executor, redis::ConnectionOptions options,
               redis::Client& commands, ConsumerMetrics& metrics, std::function<void()> wake,
               std::function<void(bool subscribed, const std::string& reason)> on_change);

 private:
  void OnMessage(std::string_view channel, std::string_view message);
  boost::asio::awaitable<void> EnableNotifications(int subscription);
  boost::asio::awaitable<absl::Status> TryToEnable();

  const boost::asio::any_io_executor executor_;
  redis::Client& commands_;
  ConsumerMetrics& metrics_;
  const std::function<void()> wake_;
  int subscription_ = 0;  // how often it was won or lost
  bool told_ = false;     // that sweeps alone do the work
  redis::Subscriber subscriber_;
};

// `flags` with what makes Redis publish to __keyevent@<db>__:expired; the same when it is there.
[[nodiscard]] std::string WithExpiredEvents(std::string_view flags);

}  // namespace trellis::keytest

#endif  // SERVICES_KEYTEST_EXPIRY_EVENTS_H_
