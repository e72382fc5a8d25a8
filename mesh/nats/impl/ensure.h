#ifndef MESH_NATS_IMPL_ENSURE_H_
#define MESH_NATS_IMPL_ENSURE_H_

#include <nats/nats.h>

#include "mesh/base/status.h"
#include "mesh/nats/topology.h"

namespace trellis::nats {

// Makes the stream or the consumer when it is absent, and changes it when it differs; any number of
// processes may do so at a time. FAILED_PRECONDITION: it differs in what cannot be changed;
// UNAVAILABLE: it could not be done now. Block for as long as the context's calls may take.
[[nodiscard]] absl::Status EnsureStream(jsCtx* js, const Stream& stream);
[[nodiscard]] absl::Status EnsureConsumer(jsCtx* js, const DurableConsumer& consumer);

}  // namespace trellis::nats

#endif  // MESH_NATS_IMPL_ENSURE_H_
