#include "mesh/base/ids.h"

#include <random>

namespace trellis::base {
namespace {

constexpr char kHex[] = "0123456789abcdef";

void PutHex(uint64_t value, int digits, char* out) {
  for (int i = digits - 1; i >= 0; --i) {
    out[i] = kHex[value & 0xf];
    value >>= 4;
  }
}

bool IsHyphenPlace(size_t i) { return i == 8 || i == 13 || i == 18 || i == 23; }

}  // namespace

uint64_t RandomBits() {
  thread_local std::mt19937_64 generator = [] {
    std::random_device device;
    std::seed_seq seed{device(), device(), device(), device(), device(), device()};
    return std::mt19937_64(seed);
  }();
  return generator();
}

std::string NewUuidV7(WallTime now) {
  const auto millis = static_cast<uint64_t>(UnixMillis(now));
  const uint64_t a = RandomBits();
  const uint64_t b = RandomBits();
  std::string id(36, '-');
  PutHex(millis >> 16, 8, id.data());
  PutHex(millis, 4, id.data() + 9);
  PutHex(0x7000 | (a & 0x0fff), 4, id.data() + 14);
  PutHex(0x8000 | ((a >> 12) & 0x3fff), 4, id.data() + 19);
  PutHex(b, 12, id.data() + 24);
  return id;
}

bool IsUuid(std::string_view text) {
  if (text.size() != 36) return false;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const bool hex = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
    if (IsHyphenPlace(i) ? c != '-' : !hex) return false;
  }
  return true;
}

std::string RandomHex(int bytes) {
  std::string text(static_cast<size_t>(bytes) * 2, '0');
  uint64_t bits = 0;
  for (size_t i = 0; i < text.size(); ++i, bits >>= 4) {
    if (i % 16 == 0) bits = RandomBits();
    text[i] = kHex[bits & 0xf];
  }
  return text;
}

}  // namespace trellis::base
