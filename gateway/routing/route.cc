#include "gateway/routing/route.h"

#include <algorithm>
#include <utility>

#include "google/api/annotations.pb.h"
#include "mesh/base/status.h"
#include "trellis/http/v1/options.pb.h"

namespace trellis::gateway {
namespace {

using google::api::HttpRule;
using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::MethodDescriptor;

absl::Status Error(const MethodDescriptor& method, std::string_view what) {
  return base::MakeStatus(absl::StatusCode::kInvalidArgument,
                          method.full_name() + ": " + std::string(what));
}

std::pair<std::string, std::string> VerbAndTemplate(const HttpRule& rule) {
  switch (rule.pattern_case()) {
    case HttpRule::kGet:
      return {"GET", rule.get()};
    case HttpRule::kPut:
      return {"PUT", rule.put()};
    case HttpRule::kPost:
      return {"POST", rule.post()};
    case HttpRule::kDelete:
      return {"DELETE", rule.delete_()};
    case HttpRule::kPatch:
      return {"PATCH", rule.patch()};
    case HttpRule::kCustom:
      return {rule.custom().kind(), rule.custom().path()};
    case HttpRule::PATTERN_NOT_SET:
      break;
  }
  return {};
}

// A field of the message itself, as body and response_body want it.
absl::StatusOr<const FieldDescriptor*> TopLevelField(const MethodDescriptor& method,
                                                     const Descriptor& message,
                                                     std::string_view option,
                                                     const std::string& name) {
  if (const FieldDescriptor* field = FindField(message, name)) return field;
  return Error(method, std::string(option) + " names the field \"" + name + "\", which " +
                           message.full_name() + " does not have");
}

absl::StatusOr<const FieldDescriptor*> RawBodyField(const MethodDescriptor& method) {
  const std::string& name =
      method.options().GetExtension(trellis::http::v1::http_options).raw_body_field();
  if (name.empty()) return nullptr;
  auto field = TopLevelField(method, *method.input_type(), "raw_body_field", name);
  if (field.ok() &&
      ((*field)->is_repeated() || (*field)->cpp_type() != FieldDescriptor::CPPTYPE_STRING)) {
    return Error(method, "raw_body_field names the field \"" + name +
                             "\", which is not a singular string or bytes field");
  }
  return field;
}

absl::Status ResolveVariables(const MethodDescriptor& method, Route* route) {
  for (const auto& variable : route->path.variables()) {
    const std::string where = "path template \"" + route->path.text() + "\": ";
    auto field = ResolveFieldPath(*method.input_type(), variable.field_path);
    if (!field.ok()) return Error(method, where + base::MessageOf(field.status()));
    if (field->leaf()->is_repeated() ||
        field->leaf()->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
      return Error(method, where + "field \"" + variable.field_path +
                               "\" is repeated or a message; a path holds single values");
    }
    for (const FieldPath& other : route->variables) {
      if (other.chain == field->chain) {
        return Error(method, where + "field \"" + variable.field_path + "\" is there twice");
      }
    }
    route->variables.push_back(*std::move(field));
  }
  return absl::OkStatus();
}

absl::StatusOr<Route> RouteOfRule(const MethodDescriptor& method, const HttpRule& rule) {
  auto [verb, text] = VerbAndTemplate(rule);
  if (verb.empty()) return Error(method, "a google.api.http rule without an HTTP method");
  auto path = PathTemplate::Parse(text);
  if (!path.ok()) return Error(method, base::MessageOf(path.status()));
  auto raw_field = RawBodyField(method);
  if (!raw_field.ok()) return raw_field.status();

  Route route;
  route.method = &method;
  route.rpc_path = RpcPath(method);
  route.http_method = verb;
  route.path = *std::move(path);
  route.raw_body_field = *raw_field;
  const auto& options = method.options().GetExtension(trellis::http::v1::http_options);
  route.json_style = {.proto_names = options.proto_names(),
                      .numeric_int64 = options.numeric_int64()};
  if (absl::Status status = ResolveVariables(method, &route); !status.ok()) return status;
  if (rule.body() == "*") {
    route.body = Route::Body::kWhole;
  } else if (!rule.body().empty()) {
    auto field = TopLevelField(method, *method.input_type(), "body", rule.body());
    if (!field.ok()) return field.status();
    route.body = Route::Body::kField;
    route.body_field = *field;
  }
  if (!rule.response_body().empty()) {
    auto field =
        TopLevelField(method, *method.output_type(), "response_body", rule.response_body());
    if (!field.ok()) return field.status();
    route.response_body_field = *field;
  }
  return route;
}

}  // namespace

absl::StatusOr<std::vector<Route>> RoutesOfMethod(const MethodDescriptor& method) {
  std::vector<Route> routes;
  std::vector<HttpRule> rules;
  if (method.options().HasExtension(google::api::http)) {
    const HttpRule& rule = method.options().GetExtension(google::api::http);
    rules.push_back(rule);
    for (const HttpRule& additional : rule.additional_bindings()) {
      if (additional.additional_bindings_size() > 0) {
        return Error(method, "additional_bindings within additional_bindings");
      }
      rules.push_back(additional);
    }
  }
  if (method.client_streaming()) {
    if (rules.empty()) return routes;
    return Error(method, "a client-streaming method cannot have an HTTP binding");
  }
  HttpRule default_rule;
  default_rule.set_post(RpcPath(method));
  default_rule.set_body("*");
  rules.push_back(std::move(default_rule));
  for (const HttpRule& rule : rules) {
    auto route = RouteOfRule(method, rule);
    if (!route.ok()) return route.status();
    // A method may spell its default binding out, with a body or response_body of its own.
    const bool is_repeat =
        &rule == &rules.back() &&
        std::any_of(routes.begin(), routes.end(), [&](const Route& other) {
          return other.http_method == route->http_method && other.path.text() == route->path.text();
        });
    if (!is_repeat) routes.push_back(*std::move(route));
  }
  return routes;
}

std::string RpcPath(const google::protobuf::MethodDescriptor& method) {
  return "/" + method.service()->full_name() + "/" + method.name();
}

}  // namespace trellis::gateway
