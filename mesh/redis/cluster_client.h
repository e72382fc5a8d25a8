#ifndef MESH_REDIS_CLUSTER_CLIENT_H_
#define MESH_REDIS_CLUSTER_CLIENT_H_

#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "mesh/base/deadline.h"
#include "mesh/base/status.h"
#include "mesh/redis/command.h"
#include "mesh/redis/reply.h"
#include "mesh/redis/script.h"

namespace trellis::redis {

enum class ReadFrom {
  kMaster,
  // A replica of the key's slot where one is connected, else its master. What it says may be old;
  // for commands that only read.
  kReplica,
};

struct ClusterCallOptions {
  ReadFrom read_from = ReadFrom::kMaster;
  // Whether to wait, within the deadline, for a node that is away or cannot serve now. Without it
  // such commands answer UNAVAILABLE at once; redirections are followed all the same.
  bool wait_for_node = true;
};

// One command on one key, or on several keys of one slot (name any of them).
struct KeyedCommand {
  KeyedCommand(std::string its_key, Command its_command, bool may_repeat = false)
      : key(std::move(its_key)), command(std::move(its_command)), idempotent(may_repeat) {}
  // A call that `its_script`.Call() began. The script is loaded where the node does not know it.
  // Borrowed until the answer.
  KeyedCommand(std::string its_key, const Script& its_script, Command call, bool may_repeat = false)
      : key(std::move(its_key)),
        command(std::move(call)),
        script(&its_script),
        idempotent(may_repeat) {}

  std::string key;
  Command command;
  const Script* script = nullptr;
  // Whether it may be sent again although it may have run.
  bool idempotent = false;
};

struct ClusterAnswer {
  // As Client::Execute has it, and RESOURCE_EXHAUSTED where too much waits for the node already:
  // then nothing was sent.
  absl::StatusOr<Reply> reply;
  // Which life of which server answered: another number after each restart, after each promotion to
  // master, and of each node. 0 where no node answered. Made from INFO's run_id and master_replid:
  // the run_id alone stays when a master is deposed and later promoted again in one life, though it
  // may have lost writes in between. A master that was cut off answers under its old number until
  // it hears that it was deposed, up to the cluster-node-timeout after the cut.
  uint64_t incarnation = 0;
};

// Sends commands to the nodes of one Redis Cluster. Belongs to one reactor: call it only from that
// reactor's thread. Suspends, never blocks.
//
// Commands of one call to one node leave in one write and keep their order there, unless they are
// sent again. Redirections (MOVED, ASK) and states that pass (TRYAGAIN, CLUSTERDOWN, LOADING,
// MASTERDOWN, READONLY, no connection) are handled for each command by itself: it alone is sent
// again, with backoff, within the deadline. A command is never sent again where it may have run,
// unless it is idempotent. One node that is slow or away holds up the commands to it alone; the
// call answers when all have an answer, at the deadline at the latest, each command with its own.
class ClusterClient {
 public:
  virtual ~ClusterClient() = default;

  [[nodiscard]] virtual boost::asio::awaitable<ClusterAnswer> Execute(
      KeyedCommand command, base::Deadline deadline, ClusterCallOptions options = {}) = 0;

  // An answer for each command, in their order.
  [[nodiscard]] virtual boost::asio::awaitable<std::vector<ClusterAnswer>> ExecuteAll(
      std::vector<KeyedCommand> commands, base::Deadline deadline,
      ClusterCallOptions options = {}) = 0;

  // An answer for each key, in their order: a string, or nil where there is none. Keys of one slot
  // are read in one step, except while this slot is on its way to another node.
  [[nodiscard]] virtual boost::asio::awaitable<std::vector<ClusterAnswer>> MGet(
      std::vector<std::string> keys, base::Deadline deadline, ClusterCallOptions options = {}) = 0;

  // Whether the master of the key's slot is known and connected now. Asks nobody.
  [[nodiscard]] virtual bool Connected(std::string_view key) const = 0;
};

}  // namespace trellis::redis

#endif  // MESH_REDIS_CLUSTER_CLIENT_H_
