#ifndef MESH_REDIS_IMPL_CLUSTER_CALL_H_
#define MESH_REDIS_IMPL_CLUSTER_CALL_H_

#include <boost/asio/steady_timer.hpp>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "mesh/base/completion.h"
#include "mesh/redis/impl/cluster_core.h"

namespace trellis::redis::impl {

class ClusterCall;

// The commands of one call to one node, on their way and back. Held by the connection.
class NodeBatch final : public ReplySink {
 public:
  NodeBatch(std::shared_ptr<ClusterCall> call, Link& link, size_t most);

  void OnReply(Reply reply) override;
  void OnEnd(absl::Status status) override;

  // What the next answer will be to. Parts are numbers of the call's; the others are ours.
  void ExpectPart(size_t part) { expected_.push_back(static_cast<int32_t>(part)); }
  void ExpectCheck() { expected_.push_back(kCheck); }
  void ExpectAsking() { expected_.push_back(kAsking); }
  // Whether the script is yet to be loaded with this batch.
  [[nodiscard]] bool ExpectLoad(const Script* script);
  [[nodiscard]] size_t size() const { return expected_.size(); }

 private:
  static constexpr int32_t kCheck = -1, kAsking = -2, kLoad = -3;

  const std::shared_ptr<ClusterCall> call_;
  Link& link_;
  std::vector<int32_t> expected_;
  size_t next_ = 0;
  std::vector<const Script*> loaded_;
  absl::Status load_status_;
};

// One call of a ClusterClient: a number of parts, each a command or the keys of an MGET, and what
// has become of each. Steps are taken by the ends of batches and by a timer; between them the
// caller sleeps, and is woken once. Owned by its batches and its timer.
class ClusterCall : public std::enable_shared_from_this<ClusterCall> {
 public:
  using Answers = std::vector<ClusterAnswer>;

  ClusterCall(std::shared_ptr<ClusterCore> core, base::Deadline deadline,
              ClusterCallOptions options, std::vector<KeyedCommand> commands);
  ClusterCall(std::shared_ptr<ClusterCore> core, base::Deadline deadline,
              ClusterCallOptions options, std::vector<std::string> keys);

  // Sends what can be sent. The call may be done then.
  void Start();
  [[nodiscard]] bool done() const { return unfinished_ == 0; }
  [[nodiscard]] Answers TakeAnswers() { return std::move(answers_); }
  // To be woken when it is done.
  void set_completion(std::unique_ptr<base::Completion<Answers>> completion) {
    completion_ = std::move(completion);
  }

 private:
  friend class NodeBatch;

  enum class State : uint8_t { kDue, kSent, kWaiting, kDone };
  struct Part {
    uint32_t first = 0;  // the command; of an MGET, the first in order_
    uint32_t count = 1;  // keys
    int slot = 0;
    int attempts = 0;
    int waits = 0;
    State state = State::kDue;
    bool asking = false;
    bool load = false;  // the script goes before it
    bool redirected = false;
    bool from_master = false;  // whatever the caller prefers
    Link* target = nullptr;    // until the end of this turn
  };

  void Step();
  void Place(size_t index, base::SteadyTime now);
  void Write(Part& part, Link& link);
  void SendGathered();
  [[nodiscard]] Link* Pick(Part& part);

  void OnReply(size_t index, Reply reply, Link& link, const absl::Status& load_status);
  void OnError(size_t index, std::string_view error, Link& link, const absl::Status& load_status);
  void OnLost(size_t index, const absl::Status& status);
  void Redirect(size_t index, std::string_view error, ErrorKind kind, Link& link);
  // One part for each key.
  void Split(size_t index);
  void SetTimer();
  void OnTimer();
  // Sends the part again later.
  void Wait(size_t index, absl::Status why);
  // Likewise where the caller waits for nodes; else that is its end.
  void WaitForNode(size_t index, absl::Status why);
  void Finish(size_t index, absl::Status status);
  // After anything has happened: what is due goes, the timer is set, a finished call wakes.
  void Continue();
  [[nodiscard]] bool IsIdempotent(const Part& part) const;
  [[nodiscard]] ClusterAnswer& AnswerOf(const Part& part, uint32_t i);

  const std::shared_ptr<ClusterCore> core_;
  const base::Deadline deadline_;
  const ClusterCallOptions options_;
  std::vector<KeyedCommand> commands_;  // or
  std::vector<std::string> keys_;
  std::vector<uint32_t> order_;  // numbers of keys, by slot
  std::vector<Part> parts_;
  Answers answers_;
  size_t unfinished_ = 0;
  bool due_ = true;        // some part is
  int longest_wait_ = -1;  // the most often that a waiting part has waited; -1 without one
  bool timer_set_ = false;
  std::optional<boost::asio::steady_timer> timer_;
  std::unique_ptr<base::Completion<Answers>> completion_;
};

}  // namespace trellis::redis::impl

#endif  // MESH_REDIS_IMPL_CLUSTER_CALL_H_
