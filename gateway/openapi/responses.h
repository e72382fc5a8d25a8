#ifndef GATEWAY_OPENAPI_RESPONSES_H_
#define GATEWAY_OPENAPI_RESPONSES_H_

#include <string_view>

#include "gateway/openapi/json_node.h"
#include "gateway/openapi/schemas.h"
#include "gateway/routing/route.h"

namespace trellis::gateway {

// What the gateway answers on a route, by HTTP status. Of the errors: those that it makes for any
// call, those whose code `comment`, the method's, names ("NOT_FOUND: no such job"), and "default"
// for what else a service may say.
[[nodiscard]] JsonNode ResponsesOf(const Route& route, std::string_view comment, Schemas* schemas);

// The errors that ResponsesOf refers to, for components/responses, and their headers.
[[nodiscard]] JsonNode ErrorComponents(Schemas* schemas);
[[nodiscard]] JsonNode HeaderComponents();

}  // namespace trellis::gateway

#endif  // GATEWAY_OPENAPI_RESPONSES_H_
