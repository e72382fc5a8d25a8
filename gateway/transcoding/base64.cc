#include "gateway/transcoding/base64.h"

#include <array>
#include <cstdint>

namespace trellis::gateway {
namespace {

constexpr std::string_view kAlphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr uint8_t kInvalid = 0xff;

constexpr std::array<uint8_t, 256> MakeDigits() {
  std::array<uint8_t, 256> digits{};
  for (auto& digit : digits) digit = kInvalid;
  for (size_t i = 0; i < kAlphabet.size(); ++i) {
    digits[static_cast<uint8_t>(kAlphabet[i])] = static_cast<uint8_t>(i);
  }
  digits['-'] = 62;
  digits['_'] = 63;
  return digits;
}
constexpr std::array<uint8_t, 256> kDigits = MakeDigits();

}  // namespace

void AppendBase64(std::string_view bytes, std::string* out) {
  uint32_t bits = 0;
  int count = 0;
  const auto put = [&](int digits) {
    for (int i = 0; i < 4; ++i) {
      out->push_back(i < digits ? kAlphabet[(bits >> (18 - 6 * i)) & 63] : '=');
    }
  };
  for (const char c : bytes) {
    bits |= static_cast<uint32_t>(static_cast<uint8_t>(c)) << (16 - 8 * count);
    if (++count == 3) {
      put(4);
      bits = 0;
      count = 0;
    }
  }
  if (count > 0) put(count + 1);
}

bool DecodeBase64(std::string_view text, std::string* out) {
  out->clear();
  if (!text.empty() && text.size() % 4 == 0) {
    if (text.back() == '=') text.remove_suffix(1);
    if (text.back() == '=') text.remove_suffix(1);
  }
  if (text.size() % 4 == 1) return false;
  const bool url_safe = text.find_first_of("-_") != std::string_view::npos;
  if (url_safe && text.find_first_of("+/") != std::string_view::npos) return false;
  out->reserve(text.size() / 4 * 3 + 2);
  uint32_t bits = 0;
  int count = 0;
  for (const char c : text) {
    const uint8_t digit = kDigits[static_cast<uint8_t>(c)];
    if (digit == kInvalid) return false;
    bits = bits << 6 | digit;
    if (++count % 4 == 0) {
      out->push_back(static_cast<char>(bits >> 16));
      out->push_back(static_cast<char>(bits >> 8));
      out->push_back(static_cast<char>(bits));
      bits = 0;
    }
  }
  // Bits that no byte has must be zero, so that each value has one form (RFC 4648, section 3.5).
  if (count % 4 == 2) {
    if ((bits & 0xf) != 0) return false;
    out->push_back(static_cast<char>(bits >> 4));
  } else if (count % 4 == 3) {
    if ((bits & 0x3) != 0) return false;
    out->push_back(static_cast<char>(bits >> 10));
    out->push_back(static_cast<char>(bits >> 2));
  }
  return true;
}

}  // namespace trellis::gateway
