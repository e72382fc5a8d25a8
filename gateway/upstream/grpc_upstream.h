#ifndef GATEWAY_UPSTREAM_GRPC_UPSTREAM_H_
#define GATEWAY_UPSTREAM_GRPC_UPSTREAM_H_

#include "gateway/upstream/upstream.h"

namespace grpc {
class Channel;
}

namespace trellis::gateway {

// An Upstream on gRPC channels (mesh/rpc/channel.h), one for the calls that may be retried and one
// for the others, which then are spared what retries cost. Shares ownership of them.
[[nodiscard]] std::unique_ptr<Upstream> MakeGrpcUpstream(std::shared_ptr<grpc::Channel> plain,
                                                         std::shared_ptr<grpc::Channel> retrying);

}  // namespace trellis::gateway

#endif  // GATEWAY_UPSTREAM_GRPC_UPSTREAM_H_
