#ifndef MESH_REDIS_CLUSTER_OBSERVER_H_
#define MESH_REDIS_CLUSTER_OBSERVER_H_

#include <string>
#include <string_view>

namespace trellis::redis {

// What a cluster client did with a command that came back without an answer.
enum class ClusterRepeat { kMoved, kAsk, kTryAgain, kClusterDown, kLoading, kReadOnly, kAway };
inline constexpr int kClusterRepeats = 7;
// "moved", "ask", "tryagain", ...
[[nodiscard]] std::string_view NameOf(ClusterRepeat repeat);

enum class NodeError { kLost, kTimeout, kFull };
inline constexpr int kNodeErrors = 3;
[[nodiscard]] std::string_view NameOf(NodeError error);

// Told what a cluster client sees, as it happens, on the client's reactor; one observer may serve
// clients of many reactors, so implementations are thread-safe. Must not block.
class ClusterObserver {
 public:
  virtual ~ClusterObserver() = default;
  // A command is sent again, or would be, were there time.
  virtual void OnRepeat(ClusterRepeat repeat) = 0;
  // The map was asked for; whether anybody gave one.
  virtual void OnRefresh(bool ok) = 0;
  // Commands got no answer: the connection broke, the deadline passed, too many were under way.
  virtual void OnNodeError(NodeError error, int commands) = 0;
  // So many more (or fewer) commands are under way.
  virtual void OnOutstanding(int change) = 0;
  // A connection to a node came up, or went away for `reason`.
  virtual void OnConnection(const std::string& address, bool connected,
                            const std::string& reason) = 0;
};

}  // namespace trellis::redis

#endif  // MESH_REDIS_CLUSTER_OBSERVER_H_
