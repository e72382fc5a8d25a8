#include "gateway/routing/percent.h"

namespace trellis::gateway {
namespace {

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// The byte of the escape at text[at] ("%4a"), or -1.
int EscapedByte(std::string_view text, size_t at) {
  if (text.size() - at < 3) return -1;
  const int high = HexDigit(text[at + 1]);
  const int low = HexDigit(text[at + 2]);
  return high < 0 || low < 0 ? -1 : high * 16 + low;
}

bool IsReserved(char c) {
  return c != '\0' && std::string_view(":/?#[]@!$&'()*+,;=").find(c) != std::string_view::npos;
}

}  // namespace

bool IsWellFormedPercent(std::string_view text) {
  for (size_t at = text.find('%'); at != std::string_view::npos; at = text.find('%', at + 3)) {
    if (EscapedByte(text, at) < 0) return false;
  }
  return true;
}

bool AppendPercentDecoded(std::string_view text, PercentMode mode, std::string* out) {
  const std::string_view special = mode == PercentMode::kForm ? "%+" : "%";
  size_t done = 0;
  for (size_t at = text.find_first_of(special); at != std::string_view::npos;
       at = text.find_first_of(special, done)) {
    out->append(text.substr(done, at - done));
    if (text[at] == '+') {
      out->push_back(' ');
      done = at + 1;
      continue;
    }
    const int byte = EscapedByte(text, at);
    if (byte < 0) return false;
    if (mode == PercentMode::kKeepReserved && IsReserved(static_cast<char>(byte))) {
      out->append(text.substr(at, 3));
    } else {
      out->push_back(static_cast<char>(byte));
    }
    done = at + 3;
  }
  out->append(text.substr(done));
  return true;
}

}  // namespace trellis::gateway
