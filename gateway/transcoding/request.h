#ifndef GATEWAY_TRANSCODING_REQUEST_H_
#define GATEWAY_TRANSCODING_REQUEST_H_

#include <string_view>

#include "absl/status/status.h"
#include "gateway/routing/route.h"
#include "google/protobuf/message.h"

namespace trellis::gateway {

// Fills an RPC's request, which must be empty, from the parts of an HTTP request (google.api.http):
//
// - path variables from `bindings` (RouteTable::Match);
// - query parameters (`raw_query`: as received, without the "?") to fields of string form, also
//   nested ("a.b=1") and repeated ("x=1&x=2") ones; with body "*" too, for what the body leaves;
// - the body: JSON when `content_type` is application/json or anything+json, or is missing and the
//   method has no raw body field; otherwise as it is into the raw body field. An empty body is an
//   empty object.
//
// Fields go by their .proto or JSON names. INVALID_ARGUMENT (with google.rpc.BadRequest) names the
// first bad field: an unknown one, a bad value, one given in two places ("duplicate binding"; a
// path variable may be repeated in the JSON with its own value), a body where there is none in the
// route or of another type. *request is half filled then. Thread-safe, does not block.
[[nodiscard]] absl::Status FillRequest(const Route& route, const PathBindings& bindings,
                                       std::string_view raw_query, std::string_view content_type,
                                       std::string_view body, google::protobuf::Message* request);

// True for application/json and types ending in +json, with or without parameters (RFC 9110,
// section 8.3; RFC 6839, section 3.1).
[[nodiscard]] bool IsJsonContentType(std::string_view content_type);

}  // namespace trellis::gateway

#endif  // GATEWAY_TRANSCODING_REQUEST_H_
