#ifndef MESH_BASE_IMPL_BATCH_QUEUE_H_
#define MESH_BASE_IMPL_BATCH_QUEUE_H_

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "mesh/base/deadline.h"
#include "mesh/base/status.h"

namespace trellis::base {

struct BatcherOptions {
  int max_under_way = 1;  // batches at a time
  size_t max_items = 256;
  size_t max_waiting = 10'000;
  // From the start of one batch to the start of the next, at least, while several wait and fewer
  // than max_items: under load batches are larger then, and their fixed costs fewer. An item that
  // comes alone still starts at once.
  milliseconds pace{0};
};

// Whether a batch that failed with this may have failed for one bad item; the others say that the
// whole could not be done now, or may have been done, and then it is not to be done again.
[[nodiscard]] bool MayBeOnesFault(const absl::Status& status);

namespace impl {

// One who waits for an answer of a Batcher. What is not const is guarded by the queue's mutex or,
// like `timer`, touched on the executor only.
struct BatchCall {
  enum class State { kWaiting, kRunning, kGone };

  BatchCall(Deadline until, boost::asio::any_io_executor on)
      : deadline(until), executor(std::move(on)) {}
  virtual ~BatchCall() = default;
  BatchCall(const BatchCall&) = delete;
  BatchCall& operator=(const BatchCall&) = delete;
  virtual void Fail(absl::Status status) = 0;
  void Wake() {
    if (timer != nullptr) timer->cancel();
  }

  const Deadline deadline;
  const boost::asio::any_io_executor executor;
  State state = State::kWaiting;
  // In the frame of the caller, so that it goes with its reactor while a batch may still hold this.
  boost::asio::steady_timer* timer = nullptr;
};

// Until Wake(), the call's deadline or cancellation. On the call's executor.
[[nodiscard]] boost::asio::awaitable<void> AwaitAnswer(BatchCall& call);

// Who waits, and how many batches are under way: the part of Batcher without types. Thread-safe.
class BatchQueue {
 public:
  explicit BatchQueue(BatcherOptions options) : options_(options) {}

  [[nodiscard]] absl::Status Join(std::shared_ptr<BatchCall> call);
  // The caller goes without an answer; what to tell it.
  [[nodiscard]] absl::Status Leave(BatchCall& call);

  // Where to start a batch, when one is due: it then counts as under way, and Take() is to follow
  // there in a later turn, when Pause() has passed.
  [[nodiscard]] std::optional<boost::asio::any_io_executor> StartOne();
  [[nodiscard]] milliseconds Pause() const;
  // The items of the batch that was started.
  [[nodiscard]] std::vector<std::shared_ptr<BatchCall>> Take();
  void End();

  // What was begun has been undone, so that whoever leaves now is told that nothing happened.
  void Undo(BatchCall& call);
  // False: nobody waits for it any more.
  [[nodiscard]] bool Begin(BatchCall& call);

  void Close();
  [[nodiscard]] bool closed() const;
  [[nodiscard]] static absl::Status Closed();

 private:
  bool BeginLocked(BatchCall& call);

  const BatcherOptions options_;
  mutable std::mutex mutex_;
  std::deque<std::shared_ptr<BatchCall>> calls_;  // also some that are gone
  size_t waiting_ = 0;
  int under_way_ = 0;
  bool starting_ = false;  // a batch was started and has not taken its items
  SteadyTime last_taken_ = SteadyTime::min();
  bool closed_ = false;
};

}  // namespace impl
}  // namespace trellis::base

#endif  // MESH_BASE_IMPL_BATCH_QUEUE_H_
