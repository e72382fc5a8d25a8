#include "clients/cli/testing/fake_enqueue_service.h"

#include <algorithm>

#include "mesh/rpc/status.h"

namespace trellis::cli::testing {

namespace v1 = enqueue::v1;
using grpc::ServerContext;
using grpc::Status;

void FakeEnqueueService::FailWith(absl::Status status, int from_call) {
  failure_ = std::move(status);
  fails_from_ = from_call;
}

Status FakeEnqueueService::Enter() {
  return rpc::ToGrpc(calls_++ >= fails_from_ ? failure_ : absl::OkStatus());
}

Status FakeEnqueueService::Enqueue(ServerContext*, const v1::EnqueueRequest* request,
                                   v1::EnqueueResponse* response) {
  const std::lock_guard lock(mutex_);
  enqueued.push_back(*request);
  response->set_enqueued(true);
  response->set_id("id-" + std::to_string(enqueued.size()));
  if (duplicate) response->set_duplicate(true);
  return Enter();
}

Status FakeEnqueueService::EnqueueBatch(ServerContext*, const v1::EnqueueBatchRequest* request,
                                        v1::EnqueueBatchResponse* response) {
  const std::lock_guard lock(mutex_);
  batches.push_back(*request);
  for (const auto& job : request->jobs()) {
    response->add_jobs()->set_id("id-of-" + job.message());
  }
  return Enter();
}

Status FakeEnqueueService::GetJob(ServerContext*, const v1::GetJobRequest* request,
                                  v1::Job* response) {
  const std::lock_guard lock(mutex_);
  for (const v1::Job& job : jobs) {
    if (job.id() == request->id()) *response = job;
  }
  if (response->id().empty()) return {grpc::StatusCode::NOT_FOUND, "there is no such job"};
  return Enter();
}

Status FakeEnqueueService::ListJobs(ServerContext*, const v1::ListJobsRequest* request,
                                    v1::ListJobsResponse* response) {
  const std::lock_guard lock(mutex_);
  lists.push_back(*request);
  size_t i = request->page_token().empty() ? 0 : std::stoul(request->page_token());
  for (int n = 0; n < request->page_size() && i < jobs.size(); ++n, ++i) {
    *response->add_jobs() = jobs[i];
  }
  if (i < jobs.size()) response->set_next_page_token(std::to_string(i));
  return Enter();
}

Status FakeEnqueueService::ListQueues(ServerContext*, const v1::ListQueuesRequest*,
                                      v1::ListQueuesResponse* response) {
  const std::lock_guard lock(mutex_);
  response->mutable_queues()->Assign(queues.begin(), queues.end());
  return Enter();
}

Status FakeEnqueueService::AnswerQueue(const std::string& name, v1::Queue* response) {
  *response = queue;
  response->set_name(name.empty() ? "messages" : name);
  return Enter();
}

Status FakeEnqueueService::GetQueue(ServerContext*, const v1::GetQueueRequest* request,
                                    v1::Queue* response) {
  const std::lock_guard lock(mutex_);
  return AnswerQueue(request->queue(), response);
}

int FakeEnqueueService::TakeDead(int ids) {
  const int64_t taken = std::min<int64_t>(queue.dead(), ids == 0 ? 1000 : ids);
  queue.set_dead(queue.dead() - taken);
  return static_cast<int>(taken);
}

Status FakeEnqueueService::RetryDead(ServerContext*, const v1::RetryDeadRequest* request,
                                     v1::RetryDeadResponse* response) {
  const std::lock_guard lock(mutex_);
  retries.push_back(*request);
  if (Status status = Enter(); !status.ok()) return status;
  response->set_retried(TakeDead(request->ids_size()));
  return Status::OK;
}

Status FakeEnqueueService::PurgeDead(ServerContext*, const v1::PurgeDeadRequest* request,
                                     v1::PurgeDeadResponse* response) {
  const std::lock_guard lock(mutex_);
  purges.push_back(*request);
  if (Status status = Enter(); !status.ok()) return status;
  response->set_purged(TakeDead(request->ids_size()));
  return Status::OK;
}

Status FakeEnqueueService::PauseQueue(ServerContext*, const v1::PauseQueueRequest* request,
                                      v1::Queue* response) {
  const std::lock_guard lock(mutex_);
  queue.set_paused(true);
  return AnswerQueue(request->queue(), response);
}

Status FakeEnqueueService::ResumeQueue(ServerContext*, const v1::ResumeQueueRequest* request,
                                       v1::Queue* response) {
  const std::lock_guard lock(mutex_);
  queue.set_paused(false);
  return AnswerQueue(request->queue(), response);
}

Status FakeEnqueueService::WatchQueue(ServerContext*, const v1::WatchQueueRequest*,
                                      grpc::ServerWriter<v1::Queue>* writer) {
  const std::lock_guard lock(mutex_);
  if (streams.empty()) return Status::OK;
  const Stream stream = streams.front();
  streams.pop_front();
  for (const v1::Queue& snapshot : stream.snapshots) writer->Write(snapshot);
  return rpc::ToGrpc(stream.end);
}

}  // namespace trellis::cli::testing
