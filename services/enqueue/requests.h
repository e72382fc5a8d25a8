#ifndef SERVICES_ENQUEUE_REQUESTS_H_
#define SERVICES_ENQUEUE_REQUESTS_H_

#include "mesh/base/status.h"
#include "mesh/rpc/call_context.h"
#include "services/enqueue/job.h"
#include "trellis/enqueue/v1/enqueue.pb.h"

// From the API's messages to the domain's structs, checked, and back. Every error names the field.
namespace trellis::enqueue {

inline constexpr size_t kMaxMessageBytes = 512 * 1024;
inline constexpr int kMaxBatch = 1000;

// The queue that a request means; `name` may be empty.
[[nodiscard]] absl::StatusOr<std::string> QueueOf(const std::string& name,
                                                  const std::string& default_queue);

[[nodiscard]] absl::StatusOr<NewJob> NewJobFrom(const v1::EnqueueRequest& request,
                                                const rpc::CallContext& context);
[[nodiscard]] absl::StatusOr<std::vector<NewJob>> NewJobsFrom(
    const v1::EnqueueBatchRequest& request, const rpc::CallContext& context);

struct ListArguments {
  JobState state = JobState::kReady;
  int page_size = 0;
};
[[nodiscard]] absl::StatusOr<ListArguments> ListArgumentsFrom(const v1::ListJobsRequest& request);

void ToMessage(const EnqueueResult& result, v1::EnqueueResponse* message);
void ToMessage(const std::string& queue, const Job& job, v1::Job* message);
void ToMessage(const QueueStats& stats, v1::Queue* message);

}  // namespace trellis::enqueue

#endif  // SERVICES_ENQUEUE_REQUESTS_H_
