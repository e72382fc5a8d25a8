#ifndef GATEWAY_OPENAPI_DOCUMENT_H_
#define GATEWAY_OPENAPI_DOCUMENT_H_

#include <string>
#include <string_view>

#include "gateway/openapi/comments.h"
#include "gateway/routing/route_table.h"

namespace trellis::gateway {

// The OpenAPI 3.1 document (spec.openapis.org/oas/v3.1.0) of all routes, as JSON. The same routes
// and comments give the same text. What OpenAPI cannot say stands in extensions:
//
// - x-trellis-route and x-trellis-rpc of each operation: the HTTP method and path template as the
//   .proto file has them, and "package.Service/Method";
// - x-trellis-also: a list of such pairs that would be the same operation to OpenAPI, which tells
//   "{a}" from "{a=**}" no more than from "{b}";
// - x-<method> within a path: an operation of an HTTP method that OpenAPI does not know.
//
// A route for any HTTP method ("*") is an operation for each common one that is free.
[[nodiscard]] std::string OpenApiDocument(const RouteTable& routes, const Comments& comments,
                                          std::string_view version);

}  // namespace trellis::gateway

#endif  // GATEWAY_OPENAPI_DOCUMENT_H_
