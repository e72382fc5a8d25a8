#ifndef SERVICES_WEATHER_REDIS_CIRCUIT_SWITCH_H_
#define SERVICES_WEATHER_REDIS_CIRCUIT_SWITCH_H_

#include <boost/asio/any_io_executor.hpp>
#include <cstdint>
#include <string>
#include <string_view>

#include "mesh/redis/client.h"
#include "mesh/resilience/circuit_breaker.h"
#include "services/weather/circuit_switch.h"

namespace trellis::weather {

// CircuitSwitch over a key of Redis, which holds the last order that was given, to whatever
// instance. Each instance looks at it again and again and follows an order that is new to it; one
// that starts follows the last. When the key is lost, the circuits stay as they are. Belongs to the
// executor's reactor, as does the client; the breaker is thread-safe. References must outlive it.
class RedisCircuitSwitch final : public CircuitSwitch {
 public:
  RedisCircuitSwitch(boost::asio::any_io_executor executor, redis::Client& client, std::string key,
                     resilience::CircuitBreaker& breaker,
                     base::milliseconds interval = base::milliseconds(1000))
      : executor_(std::move(executor)),
        client_(client),
        key_(std::move(key)),
        breaker_(breaker),
        interval_(interval) {}

  // Looks at the key now and every `interval`, for as long as the reactor runs.
  void Start();

  [[nodiscard]] boost::asio::awaitable<absl::Status> Set(bool isolate,
                                                         base::Deadline deadline) override;

 private:
  boost::asio::awaitable<void> Loop();
  // Gives the order, or with an empty one only looks, and follows what is there.
  boost::asio::awaitable<absl::Status> Exchange(std::string order, base::Deadline deadline);
  void Follow(std::string_view order);

  const boost::asio::any_io_executor executor_;
  redis::Client& client_;
  const std::string key_;
  resilience::CircuitBreaker& breaker_;
  const base::milliseconds interval_;
  int64_t version_ = 0;  // of the last order that was followed
};

}  // namespace trellis::weather

#endif  // SERVICES_WEATHER_REDIS_CIRCUIT_SWITCH_H_
