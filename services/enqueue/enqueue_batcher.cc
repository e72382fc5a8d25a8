#include "services/enqueue/enqueue_batcher.h"

#include <boost/asio/async_result.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "mesh/base/ids.h"
#include "services/enqueue/lua_scripts.h"
#include "services/enqueue/stored_job.h"

namespace trellis::enqueue {

namespace asio = boost::asio;
using base::Deadline;
using redis::Command;
using redis::Reply;

namespace {

// A batch is sent once it is this big, so that its script holds up Redis for little more than a
// millisecond.
constexpr size_t kBatchJobs = 256;
constexpr size_t kBatchBytes = 1024 * 1024;
constexpr base::milliseconds kDeadlinesNear{100};

}  // namespace

struct EnqueueBatcher::Batch {
  std::string queue;
  Deadline deadline;  // the earliest
  Deadline latest;
  Command call;
  size_t jobs = 0;
  size_t bytes = 0;
  std::vector<Request> requests = {};

  [[nodiscard]] bool TakesNoMore(Deadline next) const {
    const auto apart =
        std::max(latest.time(), next.time()) - std::min(deadline.time(), next.time());
    return jobs >= kBatchJobs || bytes >= kBatchBytes || apart > kDeadlinesNear;
  }
};

Async<std::vector<EnqueueResult>> EnqueueBatcher::Enqueue(std::string queue,
                                                          std::vector<NewJob> jobs,
                                                          Deadline deadline) {
  const asio::any_io_executor executor = co_await asio::this_coro::executor;
  co_return co_await asio::async_initiate<const asio::use_awaitable_t<>&, void(Outcome)>(
      [&](auto handler) {
        Request request{std::vector<EnqueueResult>(jobs.size()),
                        base::MakeCompletion<Outcome>(std::move(handler))};
        Join(queue, std::move(request), jobs, deadline, executor);
      },
      asio::use_awaitable);
}

void EnqueueBatcher::Join(const std::string& queue, Request request,
                          const std::vector<NewJob>& jobs, Deadline deadline,
                          const asio::any_io_executor& executor) {
  std::shared_ptr<Batch>& batch = gathering_[queue];
  if (!batch || batch->TakesNoMore(deadline)) {
    // One that is full is held by the coroutine that will send it.
    Command call = Lua().enqueue.Call(1);
    call.Arg(queue).Arg(depth_limit_);
    batch = std::make_shared<Batch>(Batch{queue, deadline, deadline, std::move(call)});
    asio::co_spawn(
        executor, [this, batch] { return Send(batch); }, asio::detached);
  }
  batch->deadline = Deadline::Min(batch->deadline, deadline);
  batch->latest = Deadline::At(std::max(batch->latest.time(), deadline.time()));
  const base::WallTime now = clock_.WallNow();
  Command& call = batch->call;
  call.Arg(jobs.size());
  for (size_t i = 0; i < jobs.size(); ++i) {
    const NewJob& job = jobs[i];
    request.results[i].id = base::NewUuidV7(now);
    call.Arg(request.results[i].id).Arg(EncodeJob(job, now)).Arg(job.delay.count());
    call.Arg(job.unique_key).Arg(std::max<int64_t>(job.unique_for.count(), 1));
    batch->bytes += job.message.size();
  }
  batch->jobs += jobs.size();
  batch->requests.push_back(std::move(request));
}

asio::awaitable<void> EnqueueBatcher::Send(std::shared_ptr<Batch> batch) {
  // Whoever else enqueues in this turn joins before this goes on.
  co_await asio::post(co_await asio::this_coro::executor, asio::use_awaitable);
  const auto gathering = gathering_.find(batch->queue);
  if (gathering != gathering_.end() && gathering->second == batch) gathering_.erase(gathering);
  const absl::StatusOr<Reply> reply =
      co_await Lua().enqueue.Run(client_, std::move(batch->call), batch->deadline);
  for (size_t i = 0; i < batch->requests.size(); ++i) {
    Request& request = batch->requests[i];
    const std::unique_ptr<base::Completion<Outcome>> waiting = std::move(request.waiting);
    waiting->Done(reply.ok() ? OutcomeOf(*batch, request, (*reply)[i]) : Outcome(reply.status()));
  }
}

EnqueueBatcher::Outcome EnqueueBatcher::OutcomeOf(const Batch& batch, Request& request,
                                                  redis::ReplyView answer) {
  if (answer[0].Integer() == 0) {
    return base::MakeStatus(absl::StatusCode::kResourceExhausted,
                            "queue '" + batch.queue + "' holds " +
                                std::to_string(answer[1].Integer()) +
                                " jobs and may hold no more than " + std::to_string(depth_limit_));
  }
  for (size_t i = 0; i < request.results.size(); ++i) {
    const redis::ReplyView earlier = answer[i + 1];
    if (!earlier.IsNil()) request.results[i] = {std::string(earlier.Text()), true};
  }
  return std::move(request.results);
}

}  // namespace trellis::enqueue
