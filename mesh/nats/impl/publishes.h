#ifndef MESH_NATS_IMPL_PUBLISHES_H_
#define MESH_NATS_IMPL_PUBLISHES_H_

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "mesh/base/status.h"
#include "mesh/nats/client.h"

namespace trellis::nats {

// The messages of one call and what became of them.
struct Batch {
  Batch(std::vector<Message> published, std::function<void(const Batch&)> when_done)
      : messages(std::move(published)), done(std::move(when_done)), left(messages.size()) {}

  const std::vector<Message> messages;
  // Called once, on any thread, when all are answered; not after Publishes::Abandon.
  const std::function<void(const Batch&)> done;
  std::atomic<bool> gone{false};  // nobody waits: what is not sent need not be

  // Guarded by Publishes' mutex until it is done or abandoned.
  std::vector<absl::Status> statuses = std::vector<absl::Status>(messages.size());
  std::vector<char> answered = std::vector<char>(messages.size());
  size_t left;
  size_t taken = 0;    // for how many there was room
  uint64_t first = 0;  // token of the first message; the others follow. 0: not yet handed over
};
using BatchPtr = std::shared_ptr<Batch>;

// The publishes under way: those that wait for the connection's thread, and those that wait for
// their confirm. A message's token is in the subject of its confirm. Thread-safe; nothing blocks.
class Publishes {
 public:
  explicit Publishes(size_t limit) : limit_(limit) {}

  // Hands the batch over. What finds no room or no connection is answered at once.
  void Add(const BatchPtr& batch);
  // Its deadline has passed: what has no answer gets `status`, and late answers do nothing.
  void Abandon(const BatchPtr& batch, const absl::Status& status);
  void Answer(uint64_t token, absl::Status status);
  // Connected: from now on batches are taken.
  void Open();
  // The connection is lost: whatever is under way or comes is UNAVAILABLE.
  void FailAll(const std::string& why);

  // The connection's thread: what is to be sent, with tokens: the first `taken` of each.
  [[nodiscard]] std::vector<BatchPtr> Take();

 private:
  using Done = std::vector<BatchPtr>;
  void AnswerLocked(const BatchPtr& batch, size_t i, absl::Status status, Done* done);
  void AnswerRestLocked(const BatchPtr& batch, size_t from, const absl::Status& status, Done* done);

  const size_t limit_;
  std::mutex mutex_;
  size_t under_way_ = 0;
  uint64_t next_token_ = 1;
  bool open_ = false;
  std::string why_ = "not connected yet";
  std::vector<BatchPtr> waiting_;
  std::map<uint64_t, BatchPtr> unconfirmed_;  // by the token of the first
};

}  // namespace trellis::nats

#endif  // MESH_NATS_IMPL_PUBLISHES_H_
