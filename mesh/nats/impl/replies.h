#ifndef MESH_NATS_IMPL_REPLIES_H_
#define MESH_NATS_IMPL_REPLIES_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "mesh/base/status.h"

namespace trellis::nats {

// What the reply subject of a delivered message says of it, which is where to ack it:
// $JS.ACK.<stream>.<consumer>.<delivered>.<stream seq>.<consumer seq>.<time>.<pending>, in newer
// servers with <domain>.<account> after ACK and a token at the end (nats-io's ADR-15).
struct AckSubject {
  int64_t delivered = 0;  // times, with this one
  uint64_t stream_seq = 0;
};
[[nodiscard]] std::optional<AckSubject> ParseAckSubject(std::string_view subject);

// A stream's answer to a publish, {"stream":...,"seq":...} or {"error":{...}}: OK or UNAVAILABLE
// with what it says.
[[nodiscard]] absl::Status ParsePubAck(std::string_view json);

}  // namespace trellis::nats

#endif  // MESH_NATS_IMPL_REPLIES_H_
