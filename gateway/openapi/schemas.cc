#include "gateway/openapi/schemas.h"

#include <limits>

namespace trellis::gateway {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::EnumDescriptor;
using google::protobuf::FieldDescriptor;

JsonNode String() { return JsonNode::Object({{"type", "string"}}); }

// In quotes, since JavaScript's numbers end at 2^53. Digits as an example, because Swagger UI would
// make one up from the pattern.
JsonNode LongInteger(bool is_signed, JsonStyle style) {
  if (style.numeric_int64) {
    JsonNode number =
        JsonNode::Object({{"type", "integer"}, {"format", is_signed ? "int64" : "uint64"}});
    if (!is_signed) number.Set("minimum", 0);
    return number;
  }
  return JsonNode::Object({{"type", "string"},
                           {"format", is_signed ? "int64" : "uint64"},
                           {"pattern", is_signed ? "^-?[0-9]+$" : "^[0-9]+$"},
                           {"examples", JsonNode::Array({"1"})}});
}

JsonNode Floating(const char* format) {
  return JsonNode::Object(
      {{"anyOf",
        JsonNode::Array(
            {JsonNode::Object({{"type", "number"}, {"format", format}}),
             JsonNode::Object({{"type", "string"},
                               {"enum", JsonNode::Array({"NaN", "Infinity", "-Infinity"})}})})}});
}

// Anything but messages and enums.
JsonNode Scalar(const FieldDescriptor& field, JsonStyle style) {
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32:
      return JsonNode::Object({{"type", "integer"}, {"format", "int32"}});
    case FieldDescriptor::CPPTYPE_UINT32:
      return JsonNode::Object({{"type", "integer"},
                               {"format", "uint32"},
                               {"minimum", 0},
                               {"maximum", int64_t{std::numeric_limits<uint32_t>::max()}}});
    case FieldDescriptor::CPPTYPE_INT64:
      return LongInteger(/*is_signed=*/true, style);
    case FieldDescriptor::CPPTYPE_UINT64:
      return LongInteger(/*is_signed=*/false, style);
    case FieldDescriptor::CPPTYPE_FLOAT:
      return Floating("float");
    case FieldDescriptor::CPPTYPE_DOUBLE:
      return Floating("double");
    case FieldDescriptor::CPPTYPE_BOOL:
      return JsonNode::Object({{"type", "boolean"}});
    default:
      return field.type() == FieldDescriptor::TYPE_BYTES ? String().Set("contentEncoding", "base64")
                                                         : String();
  }
}

bool IsNullValue(const EnumDescriptor& type) {
  return type.full_name() == "google.protobuf.NullValue";
}

// The JSON forms of well-known types.
JsonNode WellKnown(const Descriptor& message, JsonStyle style) {
  switch (message.well_known_type()) {
    case Descriptor::WELLKNOWNTYPE_TIMESTAMP:
      return String().Set("format", "date-time");
    case Descriptor::WELLKNOWNTYPE_DURATION:
      return String()
          .Set("pattern", "^-?[0-9]+(\\.[0-9]{1,9})?s$")
          .Set("examples", JsonNode::Array({"1.5s"}));
    case Descriptor::WELLKNOWNTYPE_FIELDMASK:
      return String().Set("examples", JsonNode::Array({"name,address.street"}));
    case Descriptor::WELLKNOWNTYPE_STRUCT:
      return JsonNode::Object({{"type", "object"}});
    case Descriptor::WELLKNOWNTYPE_VALUE:
      return JsonNode::Object();
    case Descriptor::WELLKNOWNTYPE_LISTVALUE:
      return JsonNode::Object({{"type", "array"}, {"items", JsonNode::Object()}});
    case Descriptor::WELLKNOWNTYPE_ANY:
      return JsonNode::Object(
          {{"type", "object"}, {"properties", JsonNode::Object({{"@type", String()}})}});
    default:  // wrappers
      return Scalar(*message.field(0), style);
  }
}

bool IsWellKnown(const Descriptor& message) {
  return message.well_known_type() != Descriptor::WELLKNOWNTYPE_UNSPECIFIED;
}

// The keys of a map are strings in JSON.
JsonNode KeyOf(const FieldDescriptor& key) {
  switch (key.cpp_type()) {
    case FieldDescriptor::CPPTYPE_BOOL:
      return JsonNode::Object({{"enum", JsonNode::Array({"true", "false"})}});
    case FieldDescriptor::CPPTYPE_STRING:
      return JsonNode::Object();
    case FieldDescriptor::CPPTYPE_UINT32:
    case FieldDescriptor::CPPTYPE_UINT64:
      return JsonNode::Object({{"pattern", "^[0-9]+$"}});
    default:
      return JsonNode::Object({{"pattern", "^-?[0-9]+$"}});
  }
}

// {"required":[a,b]} for any two fields that exclude each other.
JsonNode ExclusivePairs(const Descriptor& message, JsonStyle style) {
  JsonNode pairs = JsonNode::Array();
  for (int i = 0; i < message.real_oneof_decl_count(); ++i) {
    const auto& oneof = *message.oneof_decl(i);
    for (int a = 0; a < oneof.field_count(); ++a) {
      for (int b = a + 1; b < oneof.field_count(); ++b) {
        const JsonNode names =
            JsonNode::Array({NameIn(style, *oneof.field(a)), NameIn(style, *oneof.field(b))});
        pairs.Push(JsonNode::Object({{"required", names}}));
      }
    }
  }
  return pairs;
}

}  // namespace

void Schemas::AddRequest(const Descriptor& message) {
  if (!in_requests_.insert(&message).second) return;
  for (int i = 0; i < message.field_count(); ++i) {
    if (message.field(i)->message_type() != nullptr) AddRequest(*message.field(i)->message_type());
  }
}

JsonNode Schemas::Reference(const std::string& name) const {
  return JsonNode::Object({{"$ref", "#/components/schemas/" + name}});
}

const std::string& NameIn(JsonStyle style, const FieldDescriptor& field) {
  return style.proto_names ? field.name() : field.json_name();
}

JsonNode Schemas::Of(const Descriptor& message, JsonStyle style) {
  if (IsWellKnown(message)) return WellKnown(message, style);
  const std::string name = message.full_name() + (style.proto_names ? ".proto_names" : "") +
                           (style.numeric_int64 ? ".numeric_int64" : "");
  messages_.emplace(name, Styled{&message, style});
  return Reference(name);
}

JsonNode Schemas::OfElement(const FieldDescriptor& field, JsonStyle style) {
  if (field.message_type() != nullptr) return Of(*field.message_type(), style);
  if (const EnumDescriptor* type = field.enum_type()) {
    if (IsNullValue(*type)) return JsonNode::Object({{"type", "null"}});
    enums_.emplace(type->full_name(), type);
    return Reference(type->full_name());
  }
  return Scalar(field, style);
}

JsonNode Schemas::Of(const FieldDescriptor& field, JsonStyle style) {
  JsonNode schema;
  if (field.is_map()) {
    const Descriptor& entry = *field.message_type();
    schema.Set("type", "object");
    if (JsonNode keys = KeyOf(*entry.field(0)); keys.size() > 0) schema.Set("propertyNames", keys);
    schema.Set("additionalProperties", OfElement(*entry.field(1), style));
  } else if (field.is_repeated()) {
    schema.Set("type", "array").Set("items", OfElement(field, style));
  } else {
    schema = OfElement(field, style);
  }
  if (const std::string comment = comments_.Of(field); !comment.empty()) {
    schema.Set("description", comment);
  }
  return schema;
}

JsonNode Schemas::Component(const Descriptor& message, JsonStyle style) {
  JsonNode schema = JsonNode::Object({{"type", "object"}});
  if (const std::string comment = comments_.Of(message); !comment.empty()) {
    schema.Set("description", comment);
  }
  JsonNode properties = JsonNode::Object();
  JsonNode required = JsonNode::Array();
  for (int i = 0; i < message.field_count(); ++i) {
    const FieldDescriptor& field = *message.field(i);
    properties.Set(NameIn(style, field), Of(field, style));
    if (!field.has_presence()) required.Push(NameIn(style, field));
  }
  if (properties.size() > 0) schema.Set("properties", properties);
  if (required.size() > 0 && !in_requests_.contains(&message)) schema.Set("required", required);
  if (JsonNode pairs = ExclusivePairs(message, style); pairs.size() > 0) {
    schema.Set("not", JsonNode::Object({{"anyOf", pairs}}));
  }
  return schema;
}

JsonNode Schemas::Component(const EnumDescriptor& type) const {
  JsonNode names = JsonNode::Array();
  std::string description = comments_.Of(type);
  std::string list;
  for (int i = 0; i < type.value_count(); ++i) {
    const auto& value = *type.value(i);
    names.Push(value.name());
    std::string comment = comments_.Of(value);
    if (comment.empty()) continue;
    for (size_t at = 0; (at = comment.find('\n', at)) != std::string::npos; at += 3) {
      comment.replace(at, 1, "\n  ");  // stays within the item of the list
    }
    list += "\n- `" + value.name() + "`: " + comment;
  }
  if (!list.empty()) description += (description.empty() ? list.substr(1) : "\n" + list);
  JsonNode schema = JsonNode::Object({{"type", "string"}, {"enum", names}});
  if (!description.empty()) schema.Set("description", description);
  return schema;
}

JsonNode Schemas::Components() {
  std::map<std::string, JsonNode> made;
  // A component may refer to further ones.
  for (bool found = true; found;) {
    found = false;
    for (const auto& [name, styled] : std::map(messages_)) {
      if (made.contains(name)) continue;
      made.emplace(name, Component(*styled.message, styled.style));
      found = true;
    }
  }
  for (const auto& [name, type] : enums_) made.emplace(name, Component(*type));
  JsonNode components = JsonNode::Object();
  for (auto& [name, schema] : made) components.Set(name, std::move(schema));
  return components;
}

}  // namespace trellis::gateway
