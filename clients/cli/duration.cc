#include "clients/cli/duration.h"

#include <array>
#include <charconv>
#include <cstdint>
#include <ctime>

namespace trellis::cli {

std::optional<base::milliseconds> ParseDuration(std::string_view text) {
  int64_t value = 0;
  const char* const last = text.data() + text.size();
  const auto [end, error] = std::from_chars(text.data(), last, value);
  if (error != std::errc() || value < 0) return std::nullopt;
  const std::string_view unit(end, static_cast<size_t>(last - end));
  int64_t factor = 0;
  if (unit == "ms") factor = 1;
  if (unit == "s") factor = 1000;
  if (unit == "m") factor = 60'000;
  if (unit == "h") factor = 3'600'000;
  // Clocks count in nanoseconds, and this is added to one: at most 29 years.
  if (factor == 0 || value > INT64_MAX / 10'000'000 / factor) return std::nullopt;
  return base::milliseconds(value * factor);
}

std::string FormatDuration(base::milliseconds duration) {
  const int64_t ms = duration.count();
  if (ms <= 0) return "0s";
  if (ms < 1000) return std::to_string(ms) + "ms";
  struct Unit {
    char name;
    int64_t seconds;
  };
  constexpr std::array<Unit, 4> kUnits{{{'d', 86400}, {'h', 3600}, {'m', 60}, {'s', 1}}};
  const int64_t seconds = ms / 1000;
  for (size_t i = 0; i < kUnits.size(); ++i) {
    if (seconds < kUnits[i].seconds) continue;
    std::string text = std::to_string(seconds / kUnits[i].seconds) + kUnits[i].name;
    if (i + 1 == kUnits.size()) return text;
    const int64_t rest = seconds % kUnits[i].seconds / kUnits[i + 1].seconds;
    return rest == 0 ? text : text + std::to_string(rest) + kUnits[i + 1].name;
  }
  return "0s";
}

std::string FormatTime(base::WallTime time) {
  const std::time_t seconds = std::chrono::system_clock::to_time_t(time);
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  std::array<char, 32> text{};
  const size_t size = std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &parts);
  return {text.data(), size};
}

}  // namespace trellis::cli
