#ifndef GATEWAY_UPSTREAM_METADATA_H_
#define GATEWAY_UPSTREAM_METADATA_H_

#include "gateway/upstream/upstream.h"
#include "mesh/http/server.h"
#include "mesh/telemetry/trace.h"

namespace trellis::gateway {

// Under which names a request is found in logs and traces.
struct Identity {
  telemetry::TraceContext trace;  // a child of the client's traceparent, or a new trace
  // The client's X-Request-Id when it is 1-128 visible ASCII characters; else the id of a new
  // trace, or a new id within a trace of the client's.
  std::string request_id;
};
[[nodiscard]] Identity IdentityOf(const http::Request& request);

// What of an HTTP request travels with the call: traceparent, x-request-id where it is not the
// trace's id, tracestate, idempotency-key, and every Grpc-Metadata-<key> header as <key>. A header
// that cannot be sent as metadata is refused: INVALID_ARGUMENT names it.
[[nodiscard]] absl::StatusOr<MetadataList> MetadataFrom(const http::Request& request,
                                                        const Identity& identity);

// The server's metadata as Grpc-Metadata-<key> headers.
void AppendHeaders(const MetadataList& metadata, http::Response* response);

// The default, shortened by Grpc-Timeout (gRPC over HTTP/2: digits and one of H M S m u n) or
// X-Timeout-Ms. INVALID_ARGUMENT names the header. `bounded`: the default applies.
[[nodiscard]] absl::StatusOr<base::Deadline> DeadlineFrom(const http::Request& request,
                                                          base::milliseconds default_timeout,
                                                          bool bounded);

}  // namespace trellis::gateway

#endif  // GATEWAY_UPSTREAM_METADATA_H_
