#include "mesh/base/json_string.h"

#include <cstdint>
#include <cstring>

namespace trellis::base {
namespace {

constexpr uint64_t kOnes = 0x0101010101010101;
constexpr uint64_t kHighBits = 0x8080808080808080;

constexpr uint64_t HasZeroByte(uint64_t word) { return (word - kOnes) & ~word & kHighBits; }

// Whether one of eight bytes is not plain: a control character, a quote, a backslash or not ASCII.
// Source: S. E. Anderson, "Bit Twiddling Hacks", on zero bytes and bytes less than n.
bool HasSpecial(const char* bytes) {
  uint64_t word;
  std::memcpy(&word, bytes, sizeof word);
  const uint64_t control = (word - kOnes * 0x20) & ~word & kHighBits;
  return (control | HasZeroByte(word ^ kOnes * '"') | HasZeroByte(word ^ kOnes * '\\') |
          (word & kHighBits)) != 0;
}

bool IsPlain(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte >= 0x20 && byte < 0x80 && c != '"' && c != '\\';
}

size_t SkipPlain(std::string_view text, size_t at) {
  while (at + 8 <= text.size() && !HasSpecial(text.data() + at)) at += 8;
  while (at < text.size() && IsPlain(text[at])) ++at;
  return at;
}

// Bytes of the UTF-8 sequence at text[at], which is not ASCII; 0 when it is malformed. Source: The
// Unicode Standard, table 3-7.
size_t SequenceLength(std::string_view text, size_t at) {
  const auto byte = [&](size_t i) {
    return at + i < text.size() ? static_cast<unsigned char>(text[at + i]) : 0u;
  };
  const auto continues = [&](size_t i) { return (byte(i) & 0xc0) == 0x80; };
  const unsigned lead = byte(0);
  const unsigned second = byte(1);
  if (!continues(1)) return 0;
  if (lead >= 0xc2 && lead <= 0xdf) return 2;
  if (!continues(2)) return 0;
  if (lead >= 0xe0 && lead <= 0xef) {
    const bool overlong = lead == 0xe0 && second < 0xa0;
    const bool surrogate = lead == 0xed && second > 0x9f;
    return overlong || surrogate ? 0 : 3;
  }
  if (!continues(3) || lead < 0xf0 || lead > 0xf4) return 0;
  const bool overlong = lead == 0xf0 && second < 0x90;
  const bool too_big = lead == 0xf4 && second > 0x8f;
  return overlong || too_big ? 0 : 4;
}

void AppendEscape(unsigned char c, std::string* out) {
  switch (c) {
    case '"':
      out->append("\\\"");
      return;
    case '\\':
      out->append("\\\\");
      return;
    case '\n':
      out->append("\\n");
      return;
    case '\r':
      out->append("\\r");
      return;
    case '\t':
      out->append("\\t");
      return;
    case '\b':
      out->append("\\b");
      return;
    case '\f':
      out->append("\\f");
      return;
    default:
      out->append("\\u00");
      out->push_back("0123456789abcdef"[c >> 4]);
      out->push_back("0123456789abcdef"[c & 15]);
  }
}

}  // namespace

void AppendJsonString(std::string_view text, std::string* out) {
  out->push_back('"');
  size_t written = 0;
  for (size_t at = SkipPlain(text, 0); at < text.size(); at = SkipPlain(text, at)) {
    const auto byte = static_cast<unsigned char>(text[at]);
    const size_t length = byte < 0x80 ? 0 : SequenceLength(text, at);
    if (length > 0) {
      at += length;
      continue;
    }
    out->append(text.substr(written, at - written));
    if (byte < 0x80) {
      AppendEscape(byte, out);
    } else {
      out->append("\xef\xbf\xbd");
    }
    written = ++at;
  }
  out->append(text.substr(written));
  out->push_back('"');
}

}  // namespace trellis::base
