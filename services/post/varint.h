#ifndef SERVICES_POST_VARINT_H_
#define SERVICES_POST_VARINT_H_

#include <cstdint>
#include <string>
#include <string_view>

namespace trellis::post {

// LEB128, which is also protobuf's varint (protobuf.dev/programming-guides/encoding).
inline void AppendVarint(uint64_t value, std::string* out) {
  while (value >= 0x80) {
    out->push_back(static_cast<char>(value | 0x80));
    value >>= 7;
  }
  out->push_back(static_cast<char>(value));
}

// Takes the one that the bytes begin with; false when there is none.
inline bool TakeVarint(std::string_view* bytes, uint64_t* value) {
  *value = 0;
  for (int shift = 0; shift < 64 && !bytes->empty(); shift += 7) {
    const auto byte = static_cast<uint8_t>(bytes->front());
    bytes->remove_prefix(1);
    *value |= static_cast<uint64_t>(byte & 0x7F) << shift;
    if ((byte & 0x80) == 0) return true;
  }
  return false;
}

}  // namespace trellis::post

#endif  // SERVICES_POST_VARINT_H_
