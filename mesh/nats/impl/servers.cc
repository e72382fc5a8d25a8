#include <charconv>

#include "mesh/nats/connection.h"

namespace trellis::nats {
namespace {

// Never with the text itself, which may have a password.
absl::Status Invalid(std::string_view why) {
  return base::MakeStatus(
      absl::StatusCode::kInvalidArgument,
      "nats: " + std::string(why) + "; it is written nats://user:password@host:port");
}

absl::Status Check(std::string_view url) {
  if (!url.starts_with("nats://") && !url.starts_with("tls://")) {
    return Invalid("a URL does not begin with nats:// or tls://");
  }
  url.remove_prefix(url.find("//") + 2);
  if (const size_t at = url.rfind('@'); at != std::string_view::npos) url.remove_prefix(at + 1);
  const size_t bracket = url.find(']');
  if (url.starts_with('[') && bracket == std::string_view::npos) {
    return Invalid("the IPv6 address lacks its ]");
  }
  const size_t host_end = url.find(':', url.starts_with('[') ? bracket : 0);
  const std::string_view host = url.substr(0, host_end);
  if (host.empty()) return Invalid("the host is missing");
  if (host.find_first_of("/ ?#") != std::string_view::npos) {
    return Invalid("the host has a character that no host has");
  }
  if (host_end == std::string_view::npos) return absl::OkStatus();
  const std::string_view digits = url.substr(host_end + 1);
  uint16_t port = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  if (error != std::errc() || end != digits.data() + digits.size() || port == 0) {
    return Invalid("the port is not a number from 1 to 65535");
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::vector<std::string>> ParseServers(std::string_view urls) {
  std::vector<std::string> servers;
  for (;;) {
    const size_t comma = urls.find(',');
    const std::string_view url = urls.substr(0, comma);
    absl::Status status = Check(url);
    if (!status.ok()) return status;
    servers.emplace_back(url);
    if (comma == std::string_view::npos) return servers;
    urls.remove_prefix(comma + 1);
  }
}

}  // namespace trellis::nats
