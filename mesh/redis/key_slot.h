#ifndef MESH_REDIS_KEY_SLOT_H_
#define MESH_REDIS_KEY_SLOT_H_

#include <cstdint>
#include <string_view>

namespace trellis::redis {

inline constexpr int kSlots = 16384;

// CRC16 in the variant XMODEM: polynomial 0x1021, start 0. Crc16("123456789") is 0x31C3.
[[nodiscard]] uint16_t Crc16(std::string_view bytes);

// The cluster slot of a key, 0 to kSlots - 1. Where there is a first '{', a '}' after it and
// something between them, only that is hashed. Source: Redis Cluster Specification, "Hash tags".
[[nodiscard]] int KeySlot(std::string_view key);

}  // namespace trellis::redis

#endif  // MESH_REDIS_KEY_SLOT_H_
