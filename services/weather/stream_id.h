#ifndef SERVICES_WEATHER_STREAM_ID_H_
#define SERVICES_WEATHER_STREAM_ID_H_

#include <charconv>
#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

namespace trellis::weather {

// The id of a stream's entry, "<milliseconds>-<number>". A value; ordered as Redis orders entries.
struct StreamId {
  uint64_t ms = 0;
  uint64_t number = 0;

  // 0-0 for what is none.
  [[nodiscard]] static StreamId Parse(std::string_view text) {
    StreamId id;
    const char* const end = text.data() + text.size();
    const auto [rest, error] = std::from_chars(text.data(), end, id.ms);
    if (error != std::errc() || rest == end || *rest != '-') return {};
    std::from_chars(rest + 1, end, id.number);
    return id;
  }
  [[nodiscard]] std::string Text() const {
    return std::to_string(ms) + "-" + std::to_string(number);
  }
  [[nodiscard]] StreamId Next() const { return {ms, number + 1}; }
  // NOLINTNEXTLINE(modernize-use-nullptr): clang-tidy 14 stumbles over the operator.
  auto operator<=>(const StreamId&) const = default;
};

}  // namespace trellis::weather

#endif  // SERVICES_WEATHER_STREAM_ID_H_
