#include <cmath>
#include <memory>
#include <string>

#include "gateway/transcoding/field_sink.h"
#include "gateway/transcoding/json_reader_internal.h"
#include "gateway/transcoding/scalar_text.h"
#include "gateway/transcoding/well_known.h"
#include "google/protobuf/any.pb.h"

// Types with a JSON form of their own. Timestamps and the like are strings (well_known.h); Struct,
// Value, ListValue and Any are read here and not by protobuf's own parser, which lets through
// single quotes, keys given twice and the like.
namespace trellis::gateway {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::Message;

// Runs `fill` on *message as T, or, when it is a T of another factory, on a T that is copied.
template <typename T, typename Fill>
bool FillAs(Message* message, const Fill& fill) {
  if (T* generated = google::protobuf::DynamicCastToGenerated<T>(message)) return fill(generated);
  T copy;
  return fill(&copy) && message->ParseFromString(copy.SerializeAsString());
}

}  // namespace

bool JsonReader::ReadWellKnown(Value value, const MessagePlan& plan, const Place& place,
                               Message* message) {
  switch (plan.well_known) {
    case Descriptor::WELLKNOWNTYPE_TIMESTAMP:
    case Descriptor::WELLKNOWNTYPE_DURATION:
    case Descriptor::WELLKNOWNTYPE_FIELDMASK: {
      std::string_view text;
      if (!GetString(value, place, &text)) return false;
      const char* problem =
          PutWellKnownText(text, plan, *TargetOf(message, plan).reflection, message);
      return problem == nullptr || Fail(place, problem);
    }
    case Descriptor::WELLKNOWNTYPE_STRUCT:
      return FillAs<google::protobuf::Struct>(
          message, [&](auto* out) { return ReadStruct(value, place, out); });
    case Descriptor::WELLKNOWNTYPE_VALUE:
      return FillAs<google::protobuf::Value>(
          message, [&](auto* out) { return ReadValue(value, place, out); });
    case Descriptor::WELLKNOWNTYPE_LISTVALUE:
      return FillAs<google::protobuf::ListValue>(
          message, [&](auto* out) { return ReadListValue(value, place, out); });
    case Descriptor::WELLKNOWNTYPE_ANY:
      return ReadAny(value, place, message);
    default:
      return ReadScalar(value, plan.fields[0], place, TargetOf(message, plan));
  }
}

bool JsonReader::ReadStruct(Value value, const Place& place, google::protobuf::Struct* out) {
  Object object;
  if (!GetObject(value, place, &object)) return false;
  for (auto entry : object) {
    std::string_view key;
    Value inner;
    if (entry.error()) return FailSyntax(entry.error());
    if (entry.unescaped_key().get(key)) return Fail(place, "a key is not a valid string");
    if (const auto error = entry.value().get(inner)) return FailSyntax(error);
    const Place there = place.Field(key);
    const auto [at, is_new] =
        out->mutable_fields()->insert({std::string(key), google::protobuf::Value()});
    if (!is_new) return Fail(there, "given twice");
    if (!ReadValue(inner, there, &at->second)) return false;
  }
  return true;
}

bool JsonReader::ReadListValue(Value value, const Place& place, google::protobuf::ListValue* out) {
  const std::string_view token = TokenOf(value);
  if (token.substr(0, 1) != "[") return FailToken(place, token, "expected an array");
  simdjson::ondemand::array array;
  if (const auto error = value.get_array().get(array)) return FailSyntax(error);
  int64_t index = 0;
  for (auto entry : array) {
    Value element;
    if (const auto error = entry.get(element)) return FailSyntax(error);
    if (!ReadValue(element, place.Element(index++), out->add_values())) return false;
  }
  return true;
}

bool JsonReader::ReadValue(Value value, const Place& place, google::protobuf::Value* out) {
  const std::string_view token = TokenOf(value);
  std::string_view text;
  Place inner;
  switch (token.empty() ? '\0' : token[0]) {
    case '{':
      return Enter(place, &inner) && ReadStruct(value, inner, out->mutable_struct_value());
    case '[':
      return Enter(place, &inner) && ReadListValue(value, inner, out->mutable_list_value());
    case '"':
      if (!GetString(value, place, &text)) return false;
      out->set_string_value(std::string(text));
      return true;
    default:
      break;
  }
  if (token == "null") {
    out->set_null_value(google::protobuf::NULL_VALUE);
  } else if (token == "true" || token == "false") {
    out->set_bool_value(token == "true");
  } else {
    double number;
    if (const char* problem = ParseNumber(token, &number)) return FailToken(place, token, problem);
    out->set_number_value(number);
  }
  return true;
}

bool JsonReader::ReadAny(Value value, const Place& place, Message* any) {
  Object object;
  if (!GetObject(value, place, &object)) return false;
  std::string type_url;
  bool is_empty = true;
  for (auto entry : object) {
    simdjson::ondemand::raw_json_string key;
    Value inner;
    is_empty = false;
    if (const auto error = entry.key().get(key)) return FailSyntax(error);
    // Compared raw: simdjson has no room to unescape the same text twice.
    if (!key.unsafe_is_equal("@type")) continue;
    if (!type_url.empty()) return Fail(place.Field("@type"), "given twice");
    if (const auto error = entry.value().get(inner)) return FailSyntax(error);
    std::string_view text;
    if (!GetString(inner, place.Field("@type"), &text)) return false;
    type_url = std::string(text);
  }
  if (is_empty) return true;
  if (type_url.empty()) return Fail(place, "an Any needs \"@type\"");
  const size_t slash = type_url.rfind('/');
  const Descriptor* type =
      slash == std::string::npos
          ? nullptr
          : google::protobuf::DescriptorPool::generated_pool()->FindMessageTypeByName(
                type_url.substr(slash + 1));
  const Message* prototype =
      type == nullptr ? nullptr
                      : google::protobuf::MessageFactory::generated_factory()->GetPrototype(type);
  if (prototype == nullptr) return Fail(place.Field("@type"), "not the URL of a known type");

  const std::unique_ptr<Message> content(prototype->New());
  const MessagePlan& plan = PlanOf(*type);
  if (const auto error = object.reset().error()) return FailSyntax(error);
  const bool ok = plan.IsWellKnown() ? ReadAnyValue(object, plan, place, content.get())
                                     : ReadFields(object, plan, AnyType::kSkip, place,
                                                  TargetOf(content.get(), plan));
  if (!ok) return false;
  FieldSink(any, *any->GetDescriptor()->FindFieldByNumber(1)).Put(std::move(type_url));
  FieldSink(any, *any->GetDescriptor()->FindFieldByNumber(2)).Put(content->SerializeAsString());
  return true;
}

bool JsonReader::ReadAnyValue(Object object, const MessagePlan& plan, const Place& place,
                              Message* message) {
  bool has_type = false;
  bool has_value = false;
  for (auto entry : object) {
    std::string_view key;
    Value inner;
    if (entry.error()) return FailSyntax(entry.error());
    if (entry.unescaped_key().get(key)) return Fail(place, "a key is not a valid string");
    if (const auto error = entry.value().get(inner)) return FailSyntax(error);
    const Place there = place.Field(key);
    bool* seen = key == "@type" ? &has_type : key == "value" ? &has_value : nullptr;
    if (seen == nullptr) return Fail(there, "unknown field");
    if (*seen) return Fail(there, "given twice");
    *seen = true;
    if (key == "value" && !ReadMessage(inner, plan, there, message)) return false;
  }
  return has_value || Fail(place, "an Any of this type needs \"value\"");
}

}  // namespace trellis::gateway
