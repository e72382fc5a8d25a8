#ifndef SERVICES_WEATHER_STREAM_SETTINGS_H_
#define SERVICES_WEATHER_STREAM_SETTINGS_H_

#include <string>

#include "mesh/base/options.h"
#include "mesh/redis/connection.h"

namespace trellis::weather {

// Settings that service and worker share and must agree on.
struct StreamSettings {
  redis::ConnectionOptions redis;
  std::string request_stream = "weather-requests";
  std::string group = "weather-workers";

  void AddTo(base::OptionTable& table);
};

// "host-pid-random", unique among all processes.
[[nodiscard]] std::string ProcessId();

// Exits with 2 and a line that names the variable, unless the value is 1-128 of [A-Za-z0-9._:{}-].
void CheckNameOrExit(const char* program, const char* variable, const std::string& value);

}  // namespace trellis::weather

#endif  // SERVICES_WEATHER_STREAM_SETTINGS_H_
