#include "services/enqueue/enqueue_batcher.h"

#include <boost/asio/async_result.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <utility>

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
  bool waits = false;  // for the call under way; nobody holds it but its lane
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
  std::shared_ptr<Batch>& batch = lanes_[queue].gathering;
  const auto send = [this, &executor](std::shared_ptr<Batch> ready) {
    asio::co_spawn(
        executor, [this, ready = std::move(ready)] { return Send(ready); }, asio::detached);
  };
  if (!batch || batch->TakesNoMore(deadline)) {
    // One that is full waits no longer; before its turn is over, a coroutine holds it anyhow.
    if (batch && std::exchange(batch->waits, false)) send(std::move(batch));
    Command call = Lua().enqueue.Call(1);
    call.Arg(queue).Arg(depth_limit_);
    batch = std::make_shared<Batch>(Batch{queue, deadline, deadline, std::move(call)});
    send(batch);
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
  // A node of the map, which stays while a call is under way.
  Lane& lane = lanes_[batch->queue];
  if (lane.gathering == batch && lane.under_way > 0) {
    batch->waits = true;
    co_return;
  }
  ++lane.under_way;
  while (batch) {
    if (lane.gathering == batch) lane.gathering.reset();
    co_await Exchange(*batch);
    const bool next_waits = lane.gathering && std::exchange(lane.gathering->waits, false);
    const std::shared_ptr<Batch> done = std::exchange(batch, next_waits ? lane.gathering : nullptr);
    if (!batch && --lane.under_way == 0 && !lane.gathering) lanes_.erase(done->queue);
  }
}

asio::awaitable<void> EnqueueBatcher::Exchange(Batch& batch) {
  const absl::StatusOr<Reply> reply =
      co_await Lua().enqueue.Run(client_, std::move(batch.call), batch.deadline);
  for (size_t i = 0; i < batch.requests.size(); ++i) {
    Request& request = batch.requests[i];
    const std::unique_ptr<base::Completion<Outcome>> waiting = std::move(request.waiting);
    waiting->Done(reply.ok() ? OutcomeOf(batch, request, (*reply)[i]) : Outcome(reply.status()));
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
