#include "services/enqueue/enqueue_service.h"

#include <boost/asio/steady_timer.hpp>
#include <functional>

#include "mesh/rpc/handler.h"
#include "services/enqueue/requests.h"
#include "trellis/enqueue/v1/enqueue.grpc.pb.h"

namespace trellis::enqueue {
namespace {

using grpc::CallbackServerContext;
using grpc::ServerUnaryReactor;
using rpc::CallContext;

constexpr milliseconds kWatchPeriod{1000};
constexpr int kMaxIds = 1000;

absl::Status CheckIds(const google::protobuf::RepeatedPtrField<std::string>& ids) {
  if (ids.size() <= kMaxIds) return absl::OkStatus();
  return base::InvalidField("ids", "must not be more than 1,000");
}

template <typename Ids>
std::vector<std::string> ToVector(const Ids& ids) {
  return {ids.begin(), ids.end()};
}

class EnqueueRpc final : public v1::EnqueueService::CallbackService {
 public:
  EnqueueRpc(rpc::Runtime& runtime, std::vector<JobQueue*> queues, std::string default_queue)
      : runtime_(runtime), queues_(std::move(queues)), default_queue_(std::move(default_queue)) {}

  ServerUnaryReactor* Enqueue(CallbackServerContext* context, const v1::EnqueueRequest* request,
                              v1::EnqueueResponse* response) override {
    return rpc::Unary(runtime_, enqueue_, context, request, response,
                      std::bind_front(&EnqueueRpc::HandleEnqueue, this));
  }
  ServerUnaryReactor* EnqueueBatch(CallbackServerContext* context,
                                   const v1::EnqueueBatchRequest* request,
                                   v1::EnqueueBatchResponse* response) override {
    return rpc::Unary(runtime_, enqueue_batch_, context, request, response,
                      std::bind_front(&EnqueueRpc::HandleEnqueueBatch, this));
  }
  ServerUnaryReactor* GetJob(CallbackServerContext* context, const v1::GetJobRequest* request,
                             v1::Job* response) override {
    return rpc::Unary(runtime_, get_job_, context, request, response,
                      std::bind_front(&EnqueueRpc::HandleGetJob, this));
  }
  ServerUnaryReactor* ListJobs(CallbackServerContext* context, const v1::ListJobsRequest* request,
                               v1::ListJobsResponse* response) override {
    return rpc::Unary(runtime_, list_jobs_, context, request, response,
                      std::bind_front(&EnqueueRpc::HandleListJobs, this));
  }
  ServerUnaryReactor* ListQueues(CallbackServerContext* context,
                                 const v1::ListQueuesRequest* request,
                                 v1::ListQueuesResponse* response) override {
    return rpc::Unary(runtime_, list_queues_, context, request, response,
                      std::bind_front(&EnqueueRpc::HandleListQueues, this));
  }
  ServerUnaryReactor* GetQueue(CallbackServerContext* context, const v1::GetQueueRequest* request,
                               v1::Queue* response) override {
    return rpc::Unary(runtime_, get_queue_, context, request, response,
                      std::bind_front(&EnqueueRpc::HandleGetQueue, this));
  }
  ServerUnaryReactor* RetryDead(CallbackServerContext* context, const v1::RetryDeadRequest* request,
                                v1::RetryDeadResponse* response) override {
    return rpc::Unary(runtime_, retry_dead_, context, request, response,
                      std::bind_front(&EnqueueRpc::HandleRetryDead, this));
  }
  ServerUnaryReactor* PurgeDead(CallbackServerContext* context, const v1::PurgeDeadRequest* request,
                                v1::PurgeDeadResponse* response) override {
    return rpc::Unary(runtime_, purge_dead_, context, request, response,
                      std::bind_front(&EnqueueRpc::HandlePurgeDead, this));
  }
  ServerUnaryReactor* PauseQueue(CallbackServerContext* context,
                                 const v1::PauseQueueRequest* request,
                                 v1::Queue* response) override {
    return rpc::Unary(runtime_, pause_queue_, context, request, response,
                      std::bind_front(&EnqueueRpc::HandlePause, this));
  }
  ServerUnaryReactor* ResumeQueue(CallbackServerContext* context,
                                  const v1::ResumeQueueRequest* request,
                                  v1::Queue* response) override {
    return rpc::Unary(runtime_, resume_queue_, context, request, response,
                      std::bind_front(&EnqueueRpc::HandleResume, this));
  }
  grpc::ServerWriteReactor<v1::Queue>* WatchQueue(CallbackServerContext* context,
                                                  const v1::WatchQueueRequest* request) override {
    return rpc::ServerStreaming<v1::Queue>(runtime_, watch_queue_, context, request,
                                           std::bind_front(&EnqueueRpc::HandleWatch, this));
  }

 private:
  JobQueue& QueuesOf(const CallContext& context) { return *queues_[context.reactor]; }

  Async<v1::EnqueueResponse> HandleEnqueue(const CallContext& context,
                                           const v1::EnqueueRequest& request) {
    auto queue = QueueOf(request.queue(), default_queue_);
    if (!queue.ok()) co_return queue.status();
    absl::StatusOr<NewJob> job = NewJobFrom(request, context);
    if (!job.ok()) co_return job.status();
    std::vector<NewJob> jobs;
    jobs.push_back(std::move(*job));
    const auto results =
        co_await QueuesOf(context).Enqueue(std::move(*queue), std::move(jobs), context.deadline);
    if (!results.ok()) co_return results.status();
    v1::EnqueueResponse response;
    ToMessage(results->front(), &response);
    co_return response;
  }

  Async<v1::EnqueueBatchResponse> HandleEnqueueBatch(const CallContext& context,
                                                     const v1::EnqueueBatchRequest& request) {
    auto queue = QueueOf(request.queue(), default_queue_);
    if (!queue.ok()) co_return queue.status();
    absl::StatusOr<std::vector<NewJob>> jobs = NewJobsFrom(request, context);
    if (!jobs.ok()) co_return jobs.status();
    const auto results =
        co_await QueuesOf(context).Enqueue(std::move(*queue), std::move(*jobs), context.deadline);
    if (!results.ok()) co_return results.status();
    v1::EnqueueBatchResponse response;
    for (const EnqueueResult& result : *results) ToMessage(result, response.add_jobs());
    co_return response;
  }

  Async<v1::Job> HandleGetJob(const CallContext& context, const v1::GetJobRequest& request) {
    const auto queue = QueueOf(request.queue(), default_queue_);
    if (!queue.ok()) co_return queue.status();
    if (request.id().empty()) co_return base::InvalidField("id", "must not be empty");
    const auto job = co_await QueuesOf(context).Get(*queue, request.id(), context.deadline);
    if (!job.ok()) co_return job.status();
    v1::Job response;
    ToMessage(*queue, *job, &response);
    co_return response;
  }

  Async<v1::ListJobsResponse> HandleListJobs(const CallContext& context,
                                             const v1::ListJobsRequest& request) {
    const auto queue = QueueOf(request.queue(), default_queue_);
    if (!queue.ok()) co_return queue.status();
    const absl::StatusOr<ListArguments> arguments = ListArgumentsFrom(request);
    if (!arguments.ok()) co_return arguments.status();
    const auto page = co_await QueuesOf(context).List(
        *queue, arguments->state, arguments->page_size, request.page_token(), context.deadline);
    if (!page.ok()) co_return page.status();
    v1::ListJobsResponse response;
    for (const Job& job : page->jobs) ToMessage(*queue, job, response.add_jobs());
    response.set_next_page_token(page->next_page_token);
    co_return response;
  }

  Async<v1::ListQueuesResponse> HandleListQueues(const CallContext& context,
                                                 const v1::ListQueuesRequest& /*request*/) {
    auto names = co_await QueuesOf(context).Queues(context.deadline);
    if (!names.ok()) co_return names.status();
    // The default queue is there for everyone, even before its first job.
    if (std::find(names->begin(), names->end(), default_queue_) == names->end()) {
      names->insert(std::lower_bound(names->begin(), names->end(), default_queue_), default_queue_);
    }
    v1::ListQueuesResponse response;
    for (const std::string& name : *names) {
      const auto stats = co_await QueuesOf(context).Stats(name, context.deadline);
      if (!stats.ok()) co_return stats.status();
      ToMessage(*stats, response.add_queues());
    }
    co_return response;
  }

  Async<v1::Queue> Snapshot(const CallContext& context, const std::string& queue) {
    const auto stats = co_await QueuesOf(context).Stats(queue, context.deadline);
    if (!stats.ok()) co_return stats.status();
    v1::Queue response;
    ToMessage(*stats, &response);
    co_return response;
  }

  Async<v1::Queue> HandleGetQueue(const CallContext& context, const v1::GetQueueRequest& request) {
    const auto queue = QueueOf(request.queue(), default_queue_);
    if (!queue.ok()) co_return queue.status();
    co_return co_await Snapshot(context, *queue);
  }

  Async<v1::RetryDeadResponse> HandleRetryDead(const CallContext& context,
                                               const v1::RetryDeadRequest& request) {
    const auto queue = QueueOf(request.queue(), default_queue_);
    if (!queue.ok()) co_return queue.status();
    if (absl::Status status = CheckIds(request.ids()); !status.ok()) co_return status;
    const auto count =
        co_await QueuesOf(context).RetryDead(*queue, ToVector(request.ids()), context.deadline);
    if (!count.ok()) co_return count.status();
    v1::RetryDeadResponse response;
    response.set_retried(*count);
    co_return response;
  }

  Async<v1::PurgeDeadResponse> HandlePurgeDead(const CallContext& context,
                                               const v1::PurgeDeadRequest& request) {
    const auto queue = QueueOf(request.queue(), default_queue_);
    if (!queue.ok()) co_return queue.status();
    if (absl::Status status = CheckIds(request.ids()); !status.ok()) co_return status;
    const auto count =
        co_await QueuesOf(context).PurgeDead(*queue, ToVector(request.ids()), context.deadline);
    if (!count.ok()) co_return count.status();
    v1::PurgeDeadResponse response;
    response.set_purged(*count);
    co_return response;
  }

  Async<v1::Queue> SetPaused(const CallContext& context, const std::string& name, bool paused) {
    const auto queue = QueueOf(name, default_queue_);
    if (!queue.ok()) co_return queue.status();
    const absl::Status status =
        co_await QueuesOf(context).SetPaused(*queue, paused, context.deadline);
    if (!status.ok()) co_return status;
    co_return co_await Snapshot(context, *queue);
  }
  Async<v1::Queue> HandlePause(const CallContext& context, const v1::PauseQueueRequest& request) {
    co_return co_await SetPaused(context, request.queue(), true);
  }
  Async<v1::Queue> HandleResume(const CallContext& context, const v1::ResumeQueueRequest& request) {
    co_return co_await SetPaused(context, request.queue(), false);
  }

  boost::asio::awaitable<absl::Status> HandleWatch(const CallContext& context,
                                                   const v1::WatchQueueRequest& request,
                                                   rpc::StreamWriter<v1::Queue>& writer) {
    const auto queue = QueueOf(request.queue(), default_queue_);
    if (!queue.ok()) co_return queue.status();
    boost::asio::steady_timer timer(co_await boost::asio::this_coro::executor);
    for (auto next = std::chrono::steady_clock::now();; next += kWatchPeriod) {
      CallContext read = context;
      read.deadline = base::Deadline::Min(context.deadline, base::Deadline::After(kWatchPeriod));
      absl::StatusOr<v1::Queue> snapshot = co_await Snapshot(read, *queue);
      if (!snapshot.ok()) co_return snapshot.status();
      const bool alive = co_await writer.Write(std::move(*snapshot));
      if (!alive) co_return absl::OkStatus();
      timer.expires_at(next + kWatchPeriod);
      co_await timer.async_wait(boost::asio::use_awaitable);
    }
  }

  rpc::MethodRecorder& Recorder(const char* method) {
    return runtime_.Recorder(std::string(kEnqueueServiceName) + "/" + method);
  }

  rpc::Runtime& runtime_;
  const std::vector<JobQueue*> queues_;
  const std::string default_queue_;
  rpc::MethodRecorder& enqueue_ = Recorder("Enqueue");
  rpc::MethodRecorder& enqueue_batch_ = Recorder("EnqueueBatch");
  rpc::MethodRecorder& get_job_ = Recorder("GetJob");
  rpc::MethodRecorder& list_jobs_ = Recorder("ListJobs");
  rpc::MethodRecorder& list_queues_ = Recorder("ListQueues");
  rpc::MethodRecorder& get_queue_ = Recorder("GetQueue");
  rpc::MethodRecorder& retry_dead_ = Recorder("RetryDead");
  rpc::MethodRecorder& purge_dead_ = Recorder("PurgeDead");
  rpc::MethodRecorder& pause_queue_ = Recorder("PauseQueue");
  rpc::MethodRecorder& resume_queue_ = Recorder("ResumeQueue");
  rpc::MethodRecorder& watch_queue_ = Recorder("WatchQueue");
};

}  // namespace

std::unique_ptr<grpc::Service> MakeEnqueueService(rpc::Runtime& runtime,
                                                  std::vector<JobQueue*> queues,
                                                  std::string default_queue) {
  return std::make_unique<EnqueueRpc>(runtime, std::move(queues), std::move(default_queue));
}

}  // namespace trellis::enqueue
