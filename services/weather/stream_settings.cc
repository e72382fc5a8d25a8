#include "services/weather/stream_settings.h"

#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cstdio>
#include <cstdlib>

#include "mesh/base/ids.h"

namespace trellis::weather {

void StreamSettings::AddTo(base::OptionTable& table) {
  table.AddAddress("redis-addr", "REDIS_ADDR", &redis.address, "Redis");
  table.AddSecret("redis-password", "REDIS_PASSWORD", &redis.password, "password for Redis");
  table.Add("request-stream", "REQUEST_STREAM", &request_stream, "stream that requests go to");
  table.Add("consumer-group", "CONSUMER_GROUP", &group, "group in which the workers read it");
}

std::string ProcessId() {
  char host[256] = "host";
  gethostname(host, sizeof(host) - 1);
  return std::string(host) + "-" + std::to_string(getpid()) + "-" + base::RandomHex(4);
}

void CheckNameOrExit(const char* program, const char* variable, const std::string& value) {
  const bool good = !value.empty() && value.size() <= 128 &&
                    std::all_of(value.begin(), value.end(), [](unsigned char c) {
                      return std::isalnum(c) != 0 || std::string_view("._:{}-").find(
                                                         static_cast<char>(c)) != std::string::npos;
                    });
  if (good) return;
  std::fprintf(stderr, "%s: %s: '%s' is not 1-128 of [A-Za-z0-9._:{}-]\n", program, variable,
               value.c_str());
  std::exit(2);
}

}  // namespace trellis::weather
