#ifndef GATEWAY_UPSTREAM_HTTP2_UPSTREAM_H_
#define GATEWAY_UPSTREAM_HTTP2_UPSTREAM_H_

#include <memory>
#include <string>

#include "gateway/upstream/upstream.h"
#include "mesh/base/reactors.h"

namespace trellis::gateway {

// An Upstream that speaks gRPC on its caller's own reactor, by nghttp2: a call costs no change of
// thread and less than half of what it costs on gRPC's channel (docs/architecture.md has figures).
// Each reactor has a connection to each address of the service's name and uses them in turn.
//
// A call that the server did not look at (it was about to close the connection) is made again at
// once. An idempotent one is made up to three times when the answer is UNAVAILABLE, the server
// cancelled it (it came while the server shut down) or the connection broke, within a budget for
// retries.
//
// `target` is host:port or dns:///host:port; else INVALID_ARGUMENT. Call it only on these reactors.
// Destroy it when they have stopped and before they are destroyed.
[[nodiscard]] absl::StatusOr<std::unique_ptr<Upstream>> MakeHttp2Upstream(
    base::Reactors& reactors, const std::string& target);

}  // namespace trellis::gateway

#endif  // GATEWAY_UPSTREAM_HTTP2_UPSTREAM_H_
