#ifndef MESH_BASE_IDS_H_
#define MESH_BASE_IDS_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "mesh/base/clock.h"

namespace trellis::base {

// A UUIDv7 (RFC 9562, section 5.7) in its 36-character form: 48 bits of Unix milliseconds, then 74
// random bits, so ids sort by the time of their making to the millisecond. Thread-safe.
[[nodiscard]] std::string NewUuidV7(WallTime now = std::chrono::system_clock::now());

// True for 8-4-4-4-12 lower-case hexadecimal digits, whatever the version.
[[nodiscard]] bool IsUuid(std::string_view text);

// Random bits of this thread's generator, seeded from the system: for ids and jitter, not secrets.
[[nodiscard]] uint64_t RandomBits();

// `bytes` random bytes as lower-case hexadecimal digits.
[[nodiscard]] std::string RandomHex(int bytes);

}  // namespace trellis::base

#endif  // MESH_BASE_IDS_H_
