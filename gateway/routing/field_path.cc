#include "gateway/routing/field_path.h"

#include "mesh/base/status.h"

namespace trellis::gateway {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;

const FieldDescriptor* FindField(const Descriptor& message, std::string_view name) {
  if (const auto* field = message.FindFieldByName(std::string(name))) return field;
  for (int i = 0; i < message.field_count(); ++i) {
    if (message.field(i)->json_name() == name) return message.field(i);
  }
  return nullptr;
}

absl::StatusOr<FieldPath> ResolveFieldPath(const Descriptor& message, std::string_view text) {
  const auto error = [text](const std::string& what) {
    return base::MakeStatus(absl::StatusCode::kNotFound,
                            "field \"" + std::string(text) + "\": " + what);
  };
  FieldPath path{std::string(text), {}};
  const Descriptor* parent = &message;
  for (std::string_view rest = text;;) {
    const size_t dot = rest.find('.');
    const std::string_view name = rest.substr(0, dot);
    if (parent == nullptr) return error("\"" + path.chain.back()->name() + "\" has no fields");
    const FieldDescriptor* field = FindField(*parent, name);
    if (field == nullptr) {
      return error(parent->full_name() + " has no field \"" + std::string(name) + "\"");
    }
    path.chain.push_back(field);
    if (dot == std::string_view::npos) return path;
    parent = field->is_repeated() ? nullptr : field->message_type();
    rest.remove_prefix(dot + 1);
  }
}

}  // namespace trellis::gateway
