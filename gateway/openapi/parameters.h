#ifndef GATEWAY_OPENAPI_PARAMETERS_H_
#define GATEWAY_OPENAPI_PARAMETERS_H_

#include <string>
#include <vector>

#include "gateway/openapi/comments.h"
#include "gateway/openapi/json_node.h"
#include "gateway/openapi/path_shape.h"
#include "gateway/openapi/schemas.h"
#include "gateway/routing/route.h"

namespace trellis::gateway {

// What FillRequest (gateway/transcoding/request.h) takes from the path and the query of a request,
// as OpenAPI's parameters. `names` are those that the document has in the path, which may be
// another route's. Query parameters are documented where the body leaves fields over: in routes
// without a body, with one field as the body, and with a body that need not be JSON.
[[nodiscard]] JsonNode ParametersOf(const Route& route, const PathShape& shape,
                                    const std::vector<std::string>& names, const Comments& comments,
                                    Schemas* schemas);

}  // namespace trellis::gateway

#endif  // GATEWAY_OPENAPI_PARAMETERS_H_
