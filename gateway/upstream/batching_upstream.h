#ifndef GATEWAY_UPSTREAM_BATCHING_UPSTREAM_H_
#define GATEWAY_UPSTREAM_BATCHING_UPSTREAM_H_

#include <memory>

#include "gateway/upstream/upstream.h"
#include "google/protobuf/descriptor.h"

namespace trellis::gateway {

// An upstream that makes calls of methods with a batch_method (trellis/http/v1/options.proto) that
// come in the same turn of their reactor as one call of that method. None waits for others. What is
// a call's own stays so: its trace, its deadline, its result with the error's details. These go by
// themselves: one that comes alone, those with metadata from the client (an idempotency key, a
// trace), large ones, and for a while all of them, when the server does not know the batch method
// (an older one, while versions change).
//
// A batch lives and dies as one call: where its connection breaks, all of its calls are
// UNAVAILABLE, as they would have been on that connection anyhow. The client's going away ends
// none.
//
// Thread-safe as `upstream`, which it owns. INVALID_ARGUMENT: a batch method that is not there or
// has another form.
[[nodiscard]] absl::StatusOr<std::unique_ptr<Upstream>> MakeBatchingUpstream(
    std::unique_ptr<Upstream> upstream, const google::protobuf::ServiceDescriptor& service);

}  // namespace trellis::gateway

#endif  // GATEWAY_UPSTREAM_BATCHING_UPSTREAM_H_
