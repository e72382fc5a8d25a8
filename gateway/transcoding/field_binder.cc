#include "gateway/transcoding/field_binder.h"

#include <algorithm>

#include "gateway/routing/percent.h"
#include "gateway/transcoding/field_sink.h"
#include "gateway/transcoding/message_plan.h"
#include "gateway/transcoding/scalar_text.h"
#include "gateway/transcoding/well_known.h"
#include "mesh/base/status.h"
#include "simdjson.h"

namespace trellis::gateway {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

// Setting one member of a oneof would silently unset another.
absl::Status CheckOneof(const FieldPath& path, const Message& message,
                        const FieldDescriptor& field) {
  const auto* oneof = field.real_containing_oneof();
  if (oneof == nullptr) return absl::OkStatus();
  const auto* other = message.GetReflection()->GetOneofFieldDescriptor(message, oneof);
  if (other == nullptr || other == &field) return absl::OkStatus();
  return base::InvalidField(path.text, "the oneof \"" + oneof->name() + "\" is set by \"" +
                                           other->json_name() + "\" already");
}

}  // namespace

bool FieldBinder::IsBound(const Message& message, const FieldDescriptor& field) const {
  return std::any_of(bound_.begin(), bound_.end(), [&](const BoundField& bound) {
    return bound.message == &message && bound.field == &field;
  });
}

absl::Status FieldBinder::Descend(const FieldPath& path, Message** out) const {
  Message* message = &request_;
  for (size_t i = 0; i + 1 < path.chain.size(); ++i) {
    const FieldDescriptor& field = *path.chain[i];
    if (IsBound(*message, field)) return base::InvalidField(path.text, "duplicate binding");
    if (absl::Status status = CheckOneof(path, *message, field); !status.ok()) return status;
    message = message->GetReflection()->MutableMessage(message, &field);
  }
  *out = message;
  return CheckOneof(path, *message, *path.leaf());
}

absl::Status FieldBinder::Put(const FieldPath& path, std::string_view text, bool from_query) {
  Message* message = nullptr;
  if (absl::Status status = Descend(path, &message); !status.ok()) return status;
  const FieldDescriptor& field = *path.leaf();
  const bool was_bound = IsBound(*message, field);
  if (was_bound && !field.is_repeated()) {
    return base::InvalidField(path.text, "duplicate binding");
  }
  const char* problem = nullptr;
  if (field.cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE) {
    problem = PutScalarText(FieldSink(message, field), text);
  } else if (field.is_map()) {
    problem = "a map cannot be a query parameter";
  } else {
    const auto& reflection = *message->GetReflection();
    if (!field.is_repeated() && reflection.HasField(*message, &field)) {
      return base::InvalidField(path.text, "duplicate binding");
    }
    Message* inner = field.is_repeated() ? reflection.AddMessage(message, &field)
                                         : reflection.MutableMessage(message, &field);
    problem = PutWellKnownText(text, PlanOf(*field.message_type()), *inner->GetReflection(), inner);
  }
  if (problem != nullptr) return base::InvalidField(path.text, problem);
  if (!was_bound) bound_.push_back({message, &field, from_query});
  return absl::OkStatus();
}

absl::Status FieldBinder::BindPath(const PathBindings& bindings) {
  for (const PathBinding& binding : bindings) {
    absl::Status status = Put(*binding.field, binding.value, /*from_query=*/false);
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

absl::Status FieldBinder::BindParameter(std::string_view raw_name, std::string_view raw_value) {
  std::string name;
  std::string value;
  if (!AppendPercentDecoded(raw_name, PercentMode::kForm, &name)) {
    return base::InvalidField("query", "a % without two hexadecimal digits");
  }
  if (!AppendPercentDecoded(raw_value, PercentMode::kForm, &value)) {
    return base::InvalidField(name, "a % without two hexadecimal digits");
  }
  // Neither JSON nor protobuf could carry the name in the error.
  if (!simdjson::validate_utf8(name.data(), name.size())) {
    return base::InvalidField("query", "a parameter's name is not valid UTF-8");
  }
  FieldPath path{name, {}};
  if (name.find('.') == std::string::npos) {
    const FieldPlan* field = PlanOf(*request_.GetDescriptor()).Find(name);
    if (field == nullptr) return base::InvalidField(name, "unknown query parameter");
    path.chain.push_back(field->field);
  } else {
    auto resolved = ResolveFieldPath(*request_.GetDescriptor(), name);
    if (!resolved.ok()) return base::InvalidField(name, "unknown query parameter");
    path = *std::move(resolved);
  }
  if (route_.body == Route::Body::kField && path.chain.front() == route_.body_field) {
    return base::InvalidField(name, "duplicate binding: the body sets it");
  }
  return Put(path, value, /*from_query=*/true);
}

absl::Status FieldBinder::BindQuery(std::string_view raw_query) {
  while (!raw_query.empty()) {
    const size_t ampersand = raw_query.find('&');
    const std::string_view parameter = raw_query.substr(0, ampersand);
    raw_query.remove_prefix(ampersand == std::string_view::npos ? raw_query.size() : ampersand + 1);
    if (parameter.empty()) continue;
    const size_t equals = parameter.find('=');
    const std::string_view value =
        equals == std::string_view::npos ? std::string_view() : parameter.substr(equals + 1);
    absl::Status status = BindParameter(parameter.substr(0, equals), value);
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

}  // namespace trellis::gateway
