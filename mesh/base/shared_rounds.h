#ifndef MESH_BASE_SHARED_ROUNDS_H_
#define MESH_BASE_SHARED_ROUNDS_H_

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <unordered_map>
#include <utility>
#include <vector>

#include "mesh/base/impl/batch_queue.h"

namespace trellis::base {

// Answers many who ask for the same thing at a time with one piece of work. Of each key one round
// is under way at a time; whoever asks meanwhile has part in the next one, all together. So no
// answer is older than its question (one that joined a round under way could be), and a key costs
// at most one piece of work at a time however many ask for it. Who is alone waits for nobody.
//
// Belongs to one reactor. Destroying it answers those that wait with UNAVAILABLE; rounds under way
// go on, so what `run` refers to must outlive them.
template <typename Key, typename Result, typename Hash = std::hash<Key>>
class SharedRounds {
 public:
  using Run = std::function<boost::asio::awaitable<absl::StatusOr<Result>>(Key, Deadline)>;

  SharedRounds(boost::asio::any_io_executor executor, Run run)
      : core_(std::make_shared<Core>(std::move(executor), std::move(run))) {}
  ~SharedRounds() { core_->Close(); }
  SharedRounds(const SharedRounds&) = delete;
  SharedRounds& operator=(const SharedRounds&) = delete;

  // What `run` answered, or DEADLINE_EXCEEDED or CANCELLED for who did not wait for it; a shared
  // round runs under the latest deadline of those that have part in it.
  [[nodiscard]] boost::asio::awaitable<absl::StatusOr<Result>> Do(Key key, Deadline deadline) {
    return Ask(core_, std::move(key), deadline);
  }

 private:
  struct Call : impl::BatchCall {
    using BatchCall::BatchCall;
    std::optional<absl::StatusOr<Result>> outcome;
    void Fail(absl::Status status) override { outcome = std::move(status); }
  };
  using Calls = std::vector<std::shared_ptr<Call>>;

  struct Core {
    Core(boost::asio::any_io_executor on, Run work)
        : executor(std::move(on)), run(std::move(work)) {}
    void Close() {
      closed = true;
      for (auto& [key, calls] : next) {
        for (const auto& call : calls) {
          call->Fail(absl::UnavailableError("shutting down"));
          call->Wake();
        }
        calls.clear();
      }
    }
    const boost::asio::any_io_executor executor;
    const Run run;
    // A key is here while a round of it is under way, with those who wait for the next.
    std::unordered_map<Key, Calls, Hash> next;
    bool closed = false;
  };
  using CorePtr = std::shared_ptr<Core>;

  // Ends a round, also when the one who runs it is cancelled.
  class Round {
   public:
    Round(CorePtr core, Key key) : core_(std::move(core)), key_(std::move(key)) {}
    ~Round() {
      const auto at = core_->next.find(key_);
      Calls calls = std::move(at->second);
      if (calls.empty() || core_->closed) {
        core_->next.erase(at);
        return;
      }
      at->second.clear();
      boost::asio::co_spawn(core_->executor, RunFor(core_, key_, std::move(calls)),
                            boost::asio::detached);
    }
    Round(const Round&) = delete;
    Round& operator=(const Round&) = delete;

   private:
    const CorePtr core_;
    const Key key_;
  };

  static boost::asio::awaitable<absl::StatusOr<Result>> Ask(CorePtr core, Key key,
                                                            Deadline deadline) {
    const auto [at, is_first] = core->next.try_emplace(key);
    if (is_first) {
      const Round round(core, key);
      co_return co_await core->run(key, deadline);
    }
    const auto call = std::make_shared<Call>(deadline, core->executor);
    at->second.push_back(call);
    co_await impl::AwaitAnswer(*call);
    if (call->outcome) co_return *std::move(call->outcome);
    call->state = impl::BatchCall::State::kGone;
    if (!deadline.Expired()) co_return absl::CancelledError("cancelled while others were answered");
    co_return absl::DeadlineExceededError("the deadline passed while others were answered");
  }

  static boost::asio::awaitable<void> RunFor(CorePtr core, Key key, Calls calls) {
    const Round round(core, key);
    SteadyTime latest = SteadyTime::min();
    for (const auto& call : calls) {
      if (call->state == impl::BatchCall::State::kGone) continue;
      latest = std::max(latest, call->deadline.time());
    }
    if (latest == SteadyTime::min()) co_return;  // nobody waits any more
    absl::StatusOr<Result> outcome = absl::InternalError("a shared round threw");
    try {
      outcome = co_await core->run(key, Deadline::At(latest));
    } catch (const std::exception& error) {
      outcome = absl::InternalError(std::string("a shared round threw: ") + error.what());
    }
    for (const auto& call : calls) {
      call->outcome = outcome;
      call->Wake();
    }
  }

  const CorePtr core_;
};

}  // namespace trellis::base

#endif  // MESH_BASE_SHARED_ROUNDS_H_
