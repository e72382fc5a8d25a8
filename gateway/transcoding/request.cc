#include "gateway/transcoding/request.h"

#include <string>

#include "absl/strings/match.h"
#include "gateway/transcoding/field_binder.h"
#include "gateway/transcoding/field_sink.h"
#include "gateway/transcoding/json_reader.h"
#include "mesh/base/status.h"
#include "simdjson.h"

namespace trellis::gateway {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

absl::Status PutRawBody(const FieldDescriptor& field, std::string_view body,
                        const FieldBinder& binder, Message* request) {
  if (binder.IsBound(*request, field)) {
    return base::InvalidField(field.name(), "duplicate binding: the body sets it too");
  }
  if (field.type() == FieldDescriptor::TYPE_STRING &&
      !simdjson::validate_utf8(body.data(), body.size())) {
    return base::InvalidField(field.name(), "the body is not valid UTF-8");
  }
  const auto* oneof = field.real_containing_oneof();
  if (oneof != nullptr && request->GetReflection()->HasOneof(*request, oneof)) {
    return base::InvalidField(field.name(), "the oneof \"" + oneof->name() + "\" is set already");
  }
  FieldSink(request, field).Put(std::string(body));
  return absl::OkStatus();
}

absl::Status ReadBody(const Route& route, std::string_view content_type, std::string_view body,
                      const FieldBinder& binder, Message* request) {
  if (route.body == Route::Body::kNone) {
    return body.empty() ? absl::OkStatus()
                        : base::InvalidField("body", "this method takes no body");
  }
  const bool is_json =
      content_type.empty() ? route.raw_body_field == nullptr : IsJsonContentType(content_type);
  if (!is_json && route.raw_body_field != nullptr) {
    return PutRawBody(*route.raw_body_field, body, binder, request);
  }
  if (body.empty()) return absl::OkStatus();
  if (!is_json) {
    return base::InvalidField("body", "this method reads JSON: use Content-Type application/json");
  }
  return route.body == Route::Body::kWhole
             ? ReadJson(body, request, binder.bound())
             : ReadJsonField(body, *route.body_field, request, binder.bound());
}

}  // namespace

bool IsJsonContentType(std::string_view content_type) {
  std::string_view type = content_type.substr(0, content_type.find(';'));
  while (!type.empty() && (type.back() == ' ' || type.back() == '\t')) type.remove_suffix(1);
  while (!type.empty() && (type.front() == ' ' || type.front() == '\t')) type.remove_prefix(1);
  const absl::string_view name(type.data(), type.size());
  return absl::EqualsIgnoreCase(name, "application/json") ||
         absl::EndsWithIgnoreCase(name, "+json");
}

absl::Status FillRequest(const Route& route, const PathBindings& bindings,
                         std::string_view raw_query, std::string_view content_type,
                         std::string_view body, Message* request) {
  FieldBinder binder(route, request);
  if (absl::Status status = binder.BindPath(bindings); !status.ok()) return status;
  if (absl::Status status = binder.BindQuery(raw_query); !status.ok()) return status;
  return ReadBody(route, content_type, body, binder, request);
}

}  // namespace trellis::gateway
