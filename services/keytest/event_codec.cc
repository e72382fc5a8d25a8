#include "services/keytest/event_codec.h"

#include <charconv>

namespace trellis::keytest {
namespace {

constexpr std::string_view kPrefix = "gen-key:";

std::optional<int64_t> Natural(std::string_view digits) {
  int64_t value = 0;
  const char* const end = digits.data() + digits.size();
  const auto [at, error] = std::from_chars(digits.data(), end, value);
  if (error != std::errc() || at != end || value < 0) return std::nullopt;
  return value;
}

}  // namespace

std::string EncodeEvent(const Event& event) {
  std::string text(kPrefix);
  text += std::to_string(event.n);
  text += ' ';
  text += event.run_id;
  text += ' ';
  text += std::to_string(event.due_ms);
  return text;
}

std::optional<int64_t> KeyNumber(std::string_view name) {
  if (!name.starts_with(kPrefix)) return std::nullopt;
  return Natural(name.substr(kPrefix.size()));
}

std::optional<Event> DecodeEvent(std::string_view text) {
  const size_t first = text.find(' '), last = text.rfind(' ');
  if (first == std::string_view::npos || last <= first + 1) return std::nullopt;
  const auto n = KeyNumber(text.substr(0, first));
  const auto due = Natural(text.substr(last + 1));
  const std::string_view run = text.substr(first + 1, last - first - 1);
  if (!n || !due || run.find(' ') != std::string_view::npos) return std::nullopt;
  return Event{std::string(run), *n, *due};
}

}  // namespace trellis::keytest
