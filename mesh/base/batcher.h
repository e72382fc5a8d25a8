#ifndef MESH_BASE_BATCHER_H_
#define MESH_BASE_BATCHER_H_

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "mesh/base/impl/batch_queue.h"
#include "mesh/base/sleep.h"

namespace trellis::base {

// Does what many callers ask for at a time in few steps, such as one transaction for all of them.
// While fewer than `max_under_way` batches are under way, an item starts one at once, together with
// all that comes in the same turn of its reactor; else items gather until a batch ends. So nothing
// waits where nothing is to be gained, and the more there is to do, the larger the batches. (With
// a pace, see BatcherOptions, several that wait may do so a little longer.)
//
// Thread-safe: callers may be on any reactor (an executor of one thread, which outlives the
// batcher); a batch runs on the reactor of one of its items. Destroying the batcher answers those
// that wait with UNAVAILABLE and starts nothing more; batches under way go on and answer their
// callers, so what `run` refers to must outlive them.
template <typename Item, typename Result>
class Batcher {
 public:
  // Does all items or none, and answers a result for each in their order. The items live until it
  // has ended. What it returns instead is the answer to all of them, unless it may be the fault of
  // one (see MayBeOnesFault): then each item runs again, alone.
  using Run = std::function<boost::asio::awaitable<absl::StatusOr<std::vector<Result>>>(
      const std::vector<Item>& items, Deadline deadline)>;

  explicit Batcher(Run run, BatcherOptions options = {})
      : core_(std::make_shared<Core>(std::move(run), options)) {}
  ~Batcher() { core_->queue.Close(); }
  Batcher(const Batcher&) = delete;
  Batcher& operator=(const Batcher&) = delete;

  // The item's result, or:
  //   DEADLINE_EXCEEDED   the deadline passed while it waited: nothing happened
  //   UNKNOWN             the deadline passed while its batch, which runs under the latest deadline
  //                       of its items, was under way: it goes on and may succeed
  //   CANCELLED           the caller was cancelled while it waited: nothing happened
  //   RESOURCE_EXHAUSTED  too many wait: nothing happened
  //   UNAVAILABLE         the batcher was destroyed: nothing happened
  //   anything else       as `run` answered it
  [[nodiscard]] boost::asio::awaitable<absl::StatusOr<Result>> Do(Item item, Deadline deadline) {
    return Wait(core_, std::move(item), deadline);
  }

 private:
  struct Call : impl::BatchCall {
    Call(Item wanted, Deadline until, boost::asio::any_io_executor on)
        : BatchCall(until, std::move(on)), item(std::move(wanted)) {}
    Item item;
    // Touched on the executor only.
    std::optional<absl::StatusOr<Result>> outcome;
    void Fail(absl::Status status) override { outcome = std::move(status); }
  };
  struct Core {
    Core(Run r, BatcherOptions options) : run(std::move(r)), queue(options) {}
    const Run run;
    impl::BatchQueue queue;
  };
  using CorePtr = std::shared_ptr<Core>;
  using CallPtr = std::shared_ptr<Call>;
  using Results = absl::StatusOr<std::vector<Result>>;

  static boost::asio::awaitable<absl::StatusOr<Result>> Wait(CorePtr core, Item item,
                                                             Deadline deadline) {
    const boost::asio::any_io_executor executor = co_await boost::asio::this_coro::executor;
    const auto call = std::make_shared<Call>(std::move(item), deadline, executor);
    absl::Status refused = core->queue.Join(call);
    if (!refused.ok()) co_return refused;
    StartIfDue(core);
    co_await impl::AwaitAnswer(*call);
    if (call->outcome) co_return *std::move(call->outcome);
    co_return core->queue.Leave(*call);
  }

  static void StartIfDue(const CorePtr& core) {
    const std::optional<boost::asio::any_io_executor> executor = core->queue.StartOne();
    if (executor) boost::asio::co_spawn(*executor, Send(core), boost::asio::detached);
  }

  static boost::asio::awaitable<void> Send(CorePtr core) {
    // Whoever else comes in this turn joins before this goes on.
    const boost::asio::any_io_executor executor = co_await boost::asio::this_coro::executor;
    co_await boost::asio::post(executor, boost::asio::use_awaitable);
    const milliseconds pause = core->queue.Pause();
    if (pause.count() > 0) co_await Sleep(pause);
    std::vector<CallPtr> calls;
    for (auto& taken : core->queue.Take()) {
      calls.push_back(std::static_pointer_cast<Call>(std::move(taken)));
    }
    StartIfDue(core);  // for those that found no room
    if (!calls.empty()) co_await RunTogether(core, std::move(calls));
    core->queue.End();
    StartIfDue(core);
  }

  static boost::asio::awaitable<void> RunTogether(CorePtr core, std::vector<CallPtr> calls) {
    std::vector<Item> items;
    SteadyTime latest = SteadyTime::min();
    for (const CallPtr& call : calls) {
      latest = std::max(latest, call->deadline.time());
      items.push_back(std::move(call->item));
    }
    Results results = co_await RunOnce(core, items, Deadline::At(latest));
    if (results.ok() || calls.size() == 1 || !MayBeOnesFault(results.status())) {
      for (size_t i = 0; i < calls.size(); ++i) Answer(calls[i], results, i);
      co_return;
    }
    for (const CallPtr& call : calls) core->queue.Undo(*call);
    for (size_t i = 0; i < calls.size(); ++i) {
      if (!core->queue.Begin(*calls[i])) continue;
      const std::vector<Item> alone(1, items[i]);
      results = co_await RunOnce(core, alone, calls[i]->deadline);
      Answer(calls[i], results, 0);
    }
  }

  static boost::asio::awaitable<Results> RunOnce(CorePtr core, const std::vector<Item>& items,
                                                 Deadline deadline) {
    // As one whose first attempt was undone by the failure of another.
    if (core->queue.closed()) co_return impl::BatchQueue::Closed();
    try {
      Results results = co_await core->run(items, deadline);
      if (!results.ok() || results->size() == items.size()) co_return results;
      co_return absl::InternalError("a batch gave another number of results than it has items");
    } catch (const std::exception& error) {
      co_return MakeStatus(absl::StatusCode::kInternal,
                           std::string("a batch threw: ") + error.what());
    } catch (...) {
      co_return absl::InternalError("a batch threw what is no exception");
    }
  }

  static void Answer(const CallPtr& call, Results& results, size_t i) {
    absl::StatusOr<Result> outcome = absl::UnknownError("");
    if (results.ok()) {
      outcome = Result(std::move((*results)[i]));
    } else {
      outcome = results.status();
    }
    boost::asio::dispatch(call->executor, [call, outcome = std::move(outcome)]() mutable {
      call->outcome = std::move(outcome);
      call->Wake();
    });
  }

  const CorePtr core_;
};

}  // namespace trellis::base

#endif  // MESH_BASE_BATCHER_H_
