#ifndef SERVICES_ENQUEUE_ENQUEUE_SERVICE_H_
#define SERVICES_ENQUEUE_ENQUEUE_SERVICE_H_

#include <memory>
#include <string>
#include <vector>

#include "mesh/rpc/runtime.h"
#include "services/enqueue/job_queue.h"

namespace grpc {
class Service;
}

namespace trellis::enqueue {

// The RPC surface of proto/trellis/enqueue/v1/enqueue.proto: checks requests, calls the port, and
// turns structs into messages. `queues` has one entry for each of the runtime's reactors; all
// references must outlive the service.
[[nodiscard]] std::unique_ptr<grpc::Service> MakeEnqueueService(rpc::Runtime& runtime,
                                                                std::vector<JobQueue*> queues,
                                                                std::string default_queue);

// Its full name, for health and routing.
inline constexpr char kEnqueueServiceName[] = "trellis.enqueue.v1.EnqueueService";

}  // namespace trellis::enqueue

#endif  // SERVICES_ENQUEUE_ENQUEUE_SERVICE_H_
