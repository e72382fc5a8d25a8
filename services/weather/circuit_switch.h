#ifndef SERVICES_WEATHER_CIRCUIT_SWITCH_H_
#define SERVICES_WEATHER_CIRCUIT_SWITCH_H_

#include <boost/asio/awaitable.hpp>

#include "mesh/base/deadline.h"
#include "mesh/base/status.h"

namespace trellis::weather {

// The port through which an operator isolates or resets the circuits of all instances.
class CircuitSwitch {
 public:
  virtual ~CircuitSwitch() = default;
  // Done for this instance when it returns OK, and for the others about a second later. On
  // UNAVAILABLE nothing may have happened. May be called on any reactor; returns on it.
  [[nodiscard]] virtual boost::asio::awaitable<absl::Status> Set(bool isolate,
                                                                 base::Deadline deadline) = 0;
};

}  // namespace trellis::weather

#endif  // SERVICES_WEATHER_CIRCUIT_SWITCH_H_
