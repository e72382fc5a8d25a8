#include "mesh/redis/impl/redirect.h"

#include <algorithm>

#include "mesh/redis/key_slot.h"

namespace trellis::redis::impl {
namespace {

std::string_view HostOf(std::string_view address) { return address.substr(0, address.rfind(':')); }

std::string Address(std::string_view host, std::string_view port, std::string_view from_address) {
  if (host.empty() || host == "?") host = HostOf(from_address);
  std::string address;
  const bool bare_ipv6 = host.find(':') != std::string_view::npos && host.front() != '[';
  if (bare_ipv6) address += '[';
  address.append(host);
  if (bare_ipv6) address += ']';
  return address.append(":").append(port);
}

// FNV-1a, 64 bits.
void Mix(std::string_view text, uint64_t* hash) {
  for (const char c : text) *hash = (*hash ^ static_cast<unsigned char>(c)) * 0x100000001b3ULL;
}

}  // namespace

ErrorKind KindOf(std::string_view error) {
  constexpr std::pair<std::string_view, ErrorKind> kKinds[] = {
      {"MOVED", ErrorKind::kMoved},       {"ASK", ErrorKind::kAsk},
      {"TRYAGAIN", ErrorKind::kTryAgain}, {"CLUSTERDOWN", ErrorKind::kClusterDown},
      {"LOADING", ErrorKind::kLoading},   {"MASTERDOWN", ErrorKind::kMasterDown},
      {"READONLY", ErrorKind::kReadOnly}, {"NOSCRIPT", ErrorKind::kNoScript},
  };
  const std::string_view word = error.substr(0, error.find(' '));
  for (const auto& [name, kind] : kKinds) {
    if (word == name) return kind;
  }
  return ErrorKind::kOther;
}

std::string RedirectTarget(std::string_view error, std::string_view from_address) {
  const std::string_view target = error.substr(error.rfind(' ') + 1);
  const size_t colon = target.rfind(':');
  if (colon == std::string_view::npos || colon + 1 == target.size()) return "";
  return Address(target.substr(0, colon), target.substr(colon + 1), from_address);
}

absl::StatusOr<std::vector<SlotRange>> ParseSlots(ReplyView reply, std::string_view from_address) {
  std::vector<SlotRange> ranges;
  for (size_t i = 0; i < reply.size(); ++i) {
    const ReplyView entry = reply[i];
    SlotRange range;
    range.first = static_cast<int>(entry[0].Integer());
    range.last = static_cast<int>(entry[1].Integer());
    if (range.first < 0 || range.last < range.first || range.last >= kSlots || entry.size() < 3) {
      return base::MakeStatus(absl::StatusCode::kInternal, "redis: CLUSTER SLOTS is malformed");
    }
    for (size_t node = 2; node < entry.size(); ++node) {
      const int64_t port = entry[node][1].Integer();
      if (port <= 0) continue;
      range.addresses.push_back(Address(entry[node][0].Text(), std::to_string(port), from_address));
    }
    if (!range.addresses.empty()) ranges.push_back(std::move(range));
  }
  if (ranges.empty()) {
    return base::MakeStatus(absl::StatusCode::kUnavailable,
                            "redis: " + std::string(from_address) + " knows no slots");
  }
  return ranges;
}

std::string_view InfoField(std::string_view info, std::string_view field) {
  size_t begin = 0;
  while (begin < info.size()) {
    const size_t end = std::min(info.find("\r\n", begin), info.size());
    const std::string_view line = info.substr(begin, end - begin);
    if (line.size() > field.size() && line[field.size()] == ':' && line.starts_with(field)) {
      return line.substr(field.size() + 1);
    }
    begin = end + 2;
  }
  return {};
}

uint64_t IncarnationOf(std::string_view run_id, std::string_view replication_id) {
  uint64_t hash = 0xcbf29ce484222325ULL;
  Mix(run_id, &hash);
  Mix(replication_id, &hash);
  return hash == 0 ? 1 : hash;
}

}  // namespace trellis::redis::impl
