#ifndef GATEWAY_ROUTING_ROUTE_H_
#define GATEWAY_ROUTING_ROUTE_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "gateway/routing/field_path.h"
#include "gateway/routing/path_template.h"
#include "google/protobuf/descriptor.h"

namespace trellis::gateway {

// How a method's responses differ from the proto3 JSON mapping: trellis/http/v1/options.proto.
struct JsonStyle {
  bool proto_names = false;
  bool numeric_int64 = false;
};

// One HTTP binding of one RPC. Immutable once in a RouteTable, which owns it; descriptors are
// borrowed from their pool.
struct Route {
  enum class Body { kNone, kWhole, kField };

  const google::protobuf::MethodDescriptor* method = nullptr;
  // "/package.Service/Method", the path of the call over gRPC.
  std::string rpc_path;
  // "GET", or "*" for any.
  std::string http_method;
  PathTemplate path;
  // Where the variables of `path` go, in its order: singular, no messages.
  std::vector<FieldPath> variables;
  Body body = Body::kNone;
  // Set for Body::kField.
  const google::protobuf::FieldDescriptor* body_field = nullptr;
  // The part of the response that is the HTTP body; null: all of it.
  const google::protobuf::FieldDescriptor* response_body_field = nullptr;
  // The string or bytes field for a body that is not JSON; null: there is none.
  const google::protobuf::FieldDescriptor* raw_body_field = nullptr;
  JsonStyle json_style;
};

// The decoded value of one path variable.
struct PathBinding {
  // Points into the route.
  const FieldPath* field = nullptr;
  std::string value;
};

using PathBindings = std::vector<PathBinding>;

// All routes of a method: its google.api.http option with additional_bindings, then the default
// POST /package.Service/Method with body "*". None for a client-streaming method, which may have
// no option. INVALID_ARGUMENT names the method and the field. Source: google/api/http.proto and
// trellis/http/v1/options.proto.
[[nodiscard]] absl::StatusOr<std::vector<Route>> RoutesOfMethod(
    const google::protobuf::MethodDescriptor& method);

// "/package.Service/Method", as gRPC names a method.
[[nodiscard]] std::string RpcPath(const google::protobuf::MethodDescriptor& method);

}  // namespace trellis::gateway

#endif  // GATEWAY_ROUTING_ROUTE_H_
