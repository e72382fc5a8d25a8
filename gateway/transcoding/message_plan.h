#ifndef GATEWAY_TRANSCODING_MESSAGE_PLAN_H_
#define GATEWAY_TRANSCODING_MESSAGE_PLAN_H_

#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"

namespace trellis::gateway {

struct MessagePlan;

// What the JSON reader and writer want to know of a field, worked out once: descriptors answer
// these questions too, but with a look-up and a branch or two each time.
struct FieldPlan {
  const google::protobuf::FieldDescriptor* field;
  int index;  // in MessagePlan::fields
  google::protobuf::FieldDescriptor::CppType type;
  bool is_bytes;
  bool is_repeated;  // maps too
  bool is_map;
  bool has_presence;
  // JSON null is a value of it and not its absence: Value and NullValue.
  bool takes_null;
  const google::protobuf::OneofDescriptor* oneof;  // null: in none
  const MessagePlan* message;                      // null: not a message
  std::string key;                                 // "\"jsonName\":"
  std::string proto_key;                           // "\"proto_name\":"

  [[nodiscard]] std::string_view json_name() const {
    return std::string_view(key).substr(1, key.size() - 3);
  }
};

struct MessagePlan {
  const google::protobuf::Descriptor* descriptor;
  google::protobuf::Descriptor::WellKnownType well_known;
  // Of messages of the linked class (not of a DynamicMessage), whose fields are then of linked
  // classes too. Message::GetReflection costs a call_once, which is felt. Null: none known.
  const google::protobuf::Reflection* linked_reflection;
  std::vector<FieldPlan> fields;  // as declared; a map entry has its key and its value
  // JSON names and the names in the .proto file.
  absl::flat_hash_map<absl::string_view, const FieldPlan*> by_name;

  [[nodiscard]] const FieldPlan* Find(std::string_view name) const {
    const auto at = by_name.find(absl::string_view(name.data(), name.size()));
    return at == by_name.end() ? nullptr : at->second;
  }
  [[nodiscard]] const FieldPlan& Of(const google::protobuf::FieldDescriptor& field) const {
    return fields[static_cast<size_t>(field.index())];
  }
  [[nodiscard]] bool IsWellKnown() const {
    return well_known != google::protobuf::Descriptor::WELLKNOWNTYPE_UNSPECIFIED;
  }
};

// The plan of a type, made at its first use and kept for ever, so the descriptor must live for
// ever, as those of linked code do. Thread-safe; takes a lock once per thread and type.
[[nodiscard]] const MessagePlan& PlanOf(const google::protobuf::Descriptor& descriptor);

}  // namespace trellis::gateway

#endif  // GATEWAY_TRANSCODING_MESSAGE_PLAN_H_
