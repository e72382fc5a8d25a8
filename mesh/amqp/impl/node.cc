#include <charconv>
#include <optional>

#include "mesh/amqp/connection.h"

namespace trellis::amqp {
namespace {

constexpr std::string_view kScheme = "amqp://";

// Never with the text itself, which has the password.
absl::Status Invalid(std::string_view why) {
  return base::MakeStatus(
      absl::StatusCode::kInvalidArgument,
      "amqp: " + std::string(why) + "; it is written amqp://user:password@host:port/vhost");
}

std::optional<std::string> PercentDecode(std::string_view text) {
  std::string decoded;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      decoded.push_back(text[i]);
      continue;
    }
    unsigned value = 0;
    const std::string_view digits = text.substr(i + 1, 2);
    const auto [end, error] = std::from_chars(digits.begin(), digits.end(), value, 16);
    if (digits.size() != 2 || error != std::errc() || end != digits.end()) return std::nullopt;
    decoded.push_back(static_cast<char>(value));
    i += 2;
  }
  return decoded;
}

absl::Status ParseCredentials(std::string_view text, Node* node) {
  const size_t colon = text.find(':');
  const auto user = PercentDecode(text.substr(0, colon));
  if (!user || user->empty()) return Invalid("the user's name is missing or badly escaped");
  node->user = *user;
  if (colon == std::string_view::npos) return absl::OkStatus();
  const auto password = PercentDecode(text.substr(colon + 1));
  if (!password) return Invalid("the password is badly escaped");
  node->password = *password;
  return absl::OkStatus();
}

absl::Status ParseHostPort(std::string_view text, Node* node) {
  size_t host_end = text.find(':');
  if (text.starts_with('[')) {
    const size_t bracket = text.find(']');
    if (bracket == std::string_view::npos) return Invalid("the IPv6 address lacks its ]");
    node->host = text.substr(1, bracket - 1);
    host_end = bracket + 1 == text.size() ? std::string_view::npos : bracket + 1;
    if (host_end != std::string_view::npos && text[host_end] != ':') {
      return Invalid("what follows the IPv6 address is not a port");
    }
  } else {
    node->host = text.substr(0, host_end);
  }
  if (node->host.empty()) return Invalid("the host is missing");
  if (host_end == std::string_view::npos) return absl::OkStatus();
  const std::string_view port = text.substr(host_end + 1);
  const auto [end, error] = std::from_chars(port.begin(), port.end(), node->port);
  if (error != std::errc() || end != port.end() || node->port == 0) {
    return Invalid("the port is not a number from 1 to 65535");
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<Node> ParseNode(std::string_view url) {
  if (!url.starts_with(kScheme)) return Invalid("the URL does not begin with amqp://");
  url.remove_prefix(kScheme.size());
  Node node;
  const size_t slash = url.find('/');
  if (slash != std::string_view::npos && slash + 1 < url.size()) {
    const auto vhost = PercentDecode(url.substr(slash + 1));
    if (!vhost || vhost->size() > 255 || url.find('/', slash + 1) != std::string_view::npos) {
      return Invalid("the vhost is badly escaped");
    }
    node.vhost = *vhost;
  }
  const std::string_view authority = url.substr(0, slash);
  const size_t at = authority.rfind('@');
  if (at != std::string_view::npos) {
    absl::Status status = ParseCredentials(authority.substr(0, at), &node);
    if (!status.ok()) return status;
  }
  absl::Status status =
      ParseHostPort(at == std::string_view::npos ? authority : authority.substr(at + 1), &node);
  if (!status.ok()) return status;
  return node;
}

absl::StatusOr<std::vector<Node>> ParseNodes(std::string_view urls) {
  std::vector<Node> nodes;
  while (true) {
    const size_t comma = urls.find(',');
    std::string_view url = urls.substr(0, comma);
    while (url.starts_with(' ')) url.remove_prefix(1);
    while (url.ends_with(' ')) url.remove_suffix(1);
    auto node = ParseNode(url);
    if (!node.ok()) return node.status();
    nodes.push_back(std::move(*node));
    if (comma == std::string_view::npos) return nodes;
    urls.remove_prefix(comma + 1);
  }
}

}  // namespace trellis::amqp
