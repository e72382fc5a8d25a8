#ifndef CLIENTS_CLI_TESTING_FAKE_ENQUEUE_SERVICE_H_
#define CLIENTS_CLI_TESTING_FAKE_ENQUEUE_SERVICE_H_

#include <grpcpp/grpcpp.h>

#include <deque>
#include <mutex>
#include <string>
#include <vector>

#include "clients/cli/testing/fake_server.h"
#include "mesh/base/status.h"
#include "trellis/enqueue/v1/enqueue.grpc.pb.h"

namespace trellis::cli::testing {

// An EnqueueService on a free port of loopback that keeps what it was asked and answers what the
// test set. Set answers before the call that they are for; requests may be read after it.
class FakeEnqueueService final : public enqueue::v1::EnqueueService::Service {
 public:
  [[nodiscard]] const std::string& address() const { return server_.address(); }
  [[nodiscard]] int calls() const { return calls_; }

  // Every call from the n-th on (from 0) answers this.
  void FailWith(absl::Status status, int from_call = 0);

  // Requests as they came.
  std::vector<enqueue::v1::EnqueueRequest> enqueued;
  std::vector<enqueue::v1::EnqueueBatchRequest> batches;
  std::vector<enqueue::v1::ListJobsRequest> lists;
  std::vector<enqueue::v1::RetryDeadRequest> retries;
  std::vector<enqueue::v1::PurgeDeadRequest> purges;

  // Answers.
  bool duplicate = false;
  std::vector<enqueue::v1::Job> jobs;      // of ListJobs and GetJob
  enqueue::v1::Queue queue;                // of all that answer with a queue
  std::vector<enqueue::v1::Queue> queues;  // of ListQueues
  // The snapshots of a watch; each inner list is a stream of its own and ends with its status.
  struct Stream {
    std::vector<enqueue::v1::Queue> snapshots;
    absl::Status end;
  };
  std::deque<Stream> streams;

  grpc::Status Enqueue(grpc::ServerContext* context, const enqueue::v1::EnqueueRequest* request,
                       enqueue::v1::EnqueueResponse* response) override;
  grpc::Status EnqueueBatch(grpc::ServerContext* context,
                            const enqueue::v1::EnqueueBatchRequest* request,
                            enqueue::v1::EnqueueBatchResponse* response) override;
  grpc::Status GetJob(grpc::ServerContext* context, const enqueue::v1::GetJobRequest* request,
                      enqueue::v1::Job* response) override;
  grpc::Status ListJobs(grpc::ServerContext* context, const enqueue::v1::ListJobsRequest* request,
                        enqueue::v1::ListJobsResponse* response) override;
  grpc::Status ListQueues(grpc::ServerContext* context,
                          const enqueue::v1::ListQueuesRequest* request,
                          enqueue::v1::ListQueuesResponse* response) override;
  grpc::Status GetQueue(grpc::ServerContext* context, const enqueue::v1::GetQueueRequest* request,
                        enqueue::v1::Queue* response) override;
  grpc::Status RetryDead(grpc::ServerContext* context, const enqueue::v1::RetryDeadRequest* request,
                         enqueue::v1::RetryDeadResponse* response) override;
  grpc::Status PurgeDead(grpc::ServerContext* context, const enqueue::v1::PurgeDeadRequest* request,
                         enqueue::v1::PurgeDeadResponse* response) override;
  grpc::Status PauseQueue(grpc::ServerContext* context,
                          const enqueue::v1::PauseQueueRequest* request,
                          enqueue::v1::Queue* response) override;
  grpc::Status ResumeQueue(grpc::ServerContext* context,
                           const enqueue::v1::ResumeQueueRequest* request,
                           enqueue::v1::Queue* response) override;
  grpc::Status WatchQueue(grpc::ServerContext* context,
                          const enqueue::v1::WatchQueueRequest* request,
                          grpc::ServerWriter<enqueue::v1::Queue>* writer) override;

 private:
  // The failure, if this call is to have it.
  grpc::Status Enter();
  // Takes up to 1,000 or the ids from queue.dead, as the real one does.
  int TakeDead(int ids);
  grpc::Status AnswerQueue(const std::string& name, enqueue::v1::Queue* response);

  std::mutex mutex_;
  absl::Status failure_;
  int fails_from_ = 0;
  int calls_ = 0;
  FakeServer server_{this};
};

}  // namespace trellis::cli::testing

#endif  // CLIENTS_CLI_TESTING_FAKE_ENQUEUE_SERVICE_H_
