#ifndef MESH_REDIS_IMPL_REDIRECT_H_
#define MESH_REDIS_IMPL_REDIRECT_H_

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "mesh/base/status.h"
#include "mesh/redis/reply.h"

// What nodes of a cluster say of where slots are.
namespace trellis::redis::impl {

enum class ErrorKind {
  kOther,
  kMoved,
  kAsk,
  kTryAgain,
  kClusterDown,
  kLoading,
  kMasterDown,
  kReadOnly,
  kNoScript,
};
[[nodiscard]] ErrorKind KindOf(std::string_view error);

// The address in "MOVED 3999 127.0.0.1:6381" or "ASK ...", as host:port, where a missing host means
// that of the node which said so. Empty when there is none.
[[nodiscard]] std::string RedirectTarget(std::string_view error, std::string_view from_address);

// Slots first to last, of addresses: the master's, then its replicas'.
struct SlotRange {
  int first = 0;
  int last = 0;
  std::vector<std::string> addresses;
};
// Reads the answer to CLUSTER SLOTS. An error when there is no slot in it, as from a node that was
// thrown out of its cluster.
[[nodiscard]] absl::StatusOr<std::vector<SlotRange>> ParseSlots(ReplyView reply,
                                                                std::string_view from_address);

// The value of a field of INFO's text; empty when it is not there.
[[nodiscard]] std::string_view InfoField(std::string_view info, std::string_view field);

// One number for a run_id (a server's life) and a master_replid (a master's term). Never 0.
[[nodiscard]] uint64_t IncarnationOf(std::string_view run_id, std::string_view replication_id);

}  // namespace trellis::redis::impl

#endif  // MESH_REDIS_IMPL_REDIRECT_H_
