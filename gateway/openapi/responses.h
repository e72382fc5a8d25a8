#ifndef GATEWAY_OPENAPI_RESPONSES_H_
#define GATEWAY_OPENAPI_RESPONSES_H_

#include <set>
#include <string_view>

#include "gateway/openapi/json_node.h"
#include "gateway/openapi/schemas.h"
#include "gateway/routing/route.h"

namespace trellis::gateway {

// What the gateway answers. Errors are references to components, which are collected as they are
// asked for. Borrows the schemas; not thread-safe.
class Responses {
 public:
  explicit Responses(Schemas& schemas) : schemas_(schemas) {}

  // On a route, by HTTP status. Of the errors: those that the gateway makes for any call, those
  // whose code `comment`, the method's, names ("NOT_FOUND: no such job"), and "default" for what
  // else a service may say.
  [[nodiscard]] JsonNode Of(const Route& route, std::string_view comment);

  // For components/responses and components/headers.
  [[nodiscard]] JsonNode Components();
  [[nodiscard]] static JsonNode HeaderComponents();

 private:
  [[nodiscard]] JsonNode Success(const Route& route);
  // Of the response: the message, or the part of it that response_body names.
  [[nodiscard]] JsonNode Body(const Route& route);
  [[nodiscard]] JsonNode Stream(const JsonNode& message);
  [[nodiscard]] JsonNode Error(const std::string& description);
  [[nodiscard]] JsonNode ErrorSchema();

  Schemas& schemas_;
  std::set<int> used_;  // HTTP statuses of errors
};

}  // namespace trellis::gateway

#endif  // GATEWAY_OPENAPI_RESPONSES_H_
