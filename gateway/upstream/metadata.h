#ifndef GATEWAY_UPSTREAM_METADATA_H_
#define GATEWAY_UPSTREAM_METADATA_H_

#include "gateway/upstream/upstream.h"
#include "mesh/http/server.h"

namespace trellis::gateway {

// What of an HTTP request travels with the call: x-request-id (the client's, or a new one),
// traceparent (a child of the client's, or a new trace), tracestate, and every Grpc-Metadata-<key>
// header as <key>. gRPC aborts the process on illegal metadata, so a header that cannot be sent is
// refused: INVALID_ARGUMENT names it.
[[nodiscard]] absl::StatusOr<MetadataList> MetadataFrom(const http::Request& request,
                                                        const std::string& request_id);

// The client's X-Request-Id when it is 1-128 visible ASCII characters, otherwise a new id.
[[nodiscard]] std::string RequestIdOf(const http::Request& request);

// The server's metadata as Grpc-Metadata-<key> headers.
void AppendHeaders(const MetadataList& metadata, http::Response* response);

// The default, shortened by Grpc-Timeout (gRPC over HTTP/2: digits and one of H M S m u n) or
// X-Timeout-Ms. INVALID_ARGUMENT names the header. `bounded`: the default applies.
[[nodiscard]] absl::StatusOr<base::Deadline> DeadlineFrom(const http::Request& request,
                                                          base::milliseconds default_timeout,
                                                          bool bounded);

}  // namespace trellis::gateway

#endif  // GATEWAY_UPSTREAM_METADATA_H_
