#ifndef GATEWAY_UPSTREAM_GRPC_UPSTREAM_H_
#define GATEWAY_UPSTREAM_GRPC_UPSTREAM_H_

#include "gateway/upstream/upstream.h"

namespace grpc {
class Channel;
}

namespace trellis::gateway {

// An Upstream on a gRPC channel (mesh/rpc/channel.h). Shares ownership of the channel.
[[nodiscard]] std::unique_ptr<Upstream> MakeGrpcUpstream(std::shared_ptr<grpc::Channel> channel);

}  // namespace trellis::gateway

#endif  // GATEWAY_UPSTREAM_GRPC_UPSTREAM_H_
