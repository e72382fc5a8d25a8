#ifndef GATEWAY_UPSTREAM_HTTP2_STREAM_H_
#define GATEWAY_UPSTREAM_HTTP2_STREAM_H_

#include <memory>

#include "gateway/upstream/http2/endpoint_pool.h"
#include "google/protobuf/message.h"

namespace trellis::gateway::http2 {

// A server-streaming call that starts with the first Read. A reader that is slow holds back the
// server by HTTP/2's window; at most what fits into it waits here. As a unary call it is made again
// when the server had not looked at it.
[[nodiscard]] std::unique_ptr<UpstreamStream> MakeStream(
    std::shared_ptr<EndpointPool> pool, boost::asio::any_io_executor executor,
    const OutgoingCall& call, const google::protobuf::Message& request,
    std::unique_ptr<google::protobuf::Message> message);

}  // namespace trellis::gateway::http2

#endif  // GATEWAY_UPSTREAM_HTTP2_STREAM_H_
