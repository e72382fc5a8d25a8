#include "mesh/nats/impl/replies.h"

#include <charconv>
#include <vector>

namespace trellis::nats {
namespace {

template <typename Number>
bool ParseNumber(std::string_view text, Number* number) {
  const char* const end = text.data() + text.size();
  const auto [at, error] = std::from_chars(text.data(), end, *number);
  return error == std::errc() && at == end;
}

absl::Status Refused(std::string_view why) {
  return base::MakeStatus(absl::StatusCode::kUnavailable,
                          "nats: the stream refused the message: " + std::string(why));
}

}  // namespace

std::optional<AckSubject> ParseAckSubject(std::string_view subject) {
  if (!subject.starts_with("$JS.ACK.")) return std::nullopt;
  std::vector<std::string_view> tokens;
  tokens.reserve(12);
  for (;;) {
    const size_t dot = subject.find('.');
    tokens.push_back(subject.substr(0, dot));
    if (dot == std::string_view::npos) break;
    subject.remove_prefix(dot + 1);
  }
  const size_t delivered = tokens.size() == 9 ? 4 : 6;
  if (tokens.size() < 9 || tokens.size() == 10) return std::nullopt;
  AckSubject parsed;
  if (!ParseNumber(tokens[delivered], &parsed.delivered) ||
      !ParseNumber(tokens[delivered + 1], &parsed.stream_seq)) {
    return std::nullopt;
  }
  return parsed;
}

absl::Status ParsePubAck(std::string_view json) {
  // With its colon the key stands nowhere else: a stream may be named so, but no name has quotes.
  if (json.find("\"error\":") == std::string_view::npos) {
    return json.find("\"seq\"") != std::string_view::npos ? absl::OkStatus()
                                                          : Refused("an answer that is none");
  }
  constexpr std::string_view kKey = "\"description\":\"";
  const size_t key = json.find(kKey);
  if (key == std::string_view::npos) return Refused(json);
  const std::string_view text = json.substr(key + kKey.size());
  return Refused(text.substr(0, text.find('"')));
}

}  // namespace trellis::nats
