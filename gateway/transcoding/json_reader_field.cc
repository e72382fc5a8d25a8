#include <string>

#include "absl/container/flat_hash_set.h"
#include "gateway/transcoding/field_sink.h"
#include "gateway/transcoding/json_reader_internal.h"
#include "gateway/transcoding/json_writer.h"
#include "gateway/transcoding/scalar_text.h"

// Ordinary fields: singular, repeated, maps, scalars.
namespace trellis::gateway {
namespace {

using google::protobuf::FieldDescriptor;

bool IsNumber(std::string_view token) {
  return !token.empty() && (token[0] == '-' || (token[0] >= '0' && token[0] <= '9'));
}

std::string JsonOf(const google::protobuf::Message& message, const FieldDescriptor& field) {
  std::string json;
  AppendFieldJson(message, field, &json);
  return json;
}

}  // namespace

bool JsonReader::ReadField(Value value, const FieldPlan& field, const Place& place, Target target) {
  if (!field.takes_null || field.is_repeated) {
    if (TokenOf(value) == "null") return true;
  }
  for (const BoundField& bound : bound_) {
    if (bound.message != target.message || bound.field != field.field) continue;
    if (bound.from_query) return Fail(place, "duplicate binding: the query sets it too");
    const std::string before = JsonOf(*target.message, *field.field);
    if (!ReadUnboundField(value, field, place, target)) return false;
    if (JsonOf(*target.message, *field.field) == before) return true;
    return Fail(place, "duplicate binding: the path sets it to another value");
  }
  return ReadUnboundField(value, field, place, target);
}

bool JsonReader::ReadUnboundField(Value value, const FieldPlan& field, const Place& place,
                                  Target target) {
  if (field.is_map) return ReadMap(value, field, place, target);
  if (field.is_repeated) return ReadList(value, field, place, target);
  return CheckOneof(field, place, target) && ReadSingle(value, field, place, target);
}

bool JsonReader::CheckOneof(const FieldPlan& field, const Place& place, Target target) {
  if (field.oneof == nullptr) return true;
  const auto* other = target.reflection->GetOneofFieldDescriptor(*target.message, field.oneof);
  if (other == nullptr || other == field.field) return true;
  return Fail(place, "the oneof \"" + field.oneof->name() + "\" is set by \"" + other->json_name() +
                         "\" already");
}

bool JsonReader::ReadSingle(Value value, const FieldPlan& field, const Place& place,
                            Target target) {
  if (field.message == nullptr) return ReadScalar(value, field, place, target);
  Message* inner = field.is_repeated
                       ? target.reflection->AddMessage(target.message, field.field)
                       : target.reflection->MutableMessage(target.message, field.field);
  return ReadMessage(value, *field.message, place, inner);
}

bool JsonReader::ReadList(Value value, const FieldPlan& field, const Place& place, Target target) {
  const std::string_view token = TokenOf(value);
  if (token.substr(0, 1) != "[") return FailToken(place, token, "expected an array");
  simdjson::ondemand::array array;
  if (const auto error = value.get_array().get(array)) return FailSyntax(error);
  int64_t index = 0;
  for (auto entry : array) {
    Value element;
    if (const auto error = entry.get(element)) return FailSyntax(error);
    const Place there = place.Element(index++);
    if (!field.takes_null && TokenOf(element) == "null") return Fail(there, "null in an array");
    if (!ReadSingle(element, field, there, target)) return false;
  }
  return true;
}

bool JsonReader::ReadMap(Value value, const FieldPlan& field, const Place& place, Target target) {
  const FieldPlan& key_field = field.message->fields[0];
  const FieldPlan& value_field = field.message->fields[1];
  absl::flat_hash_set<std::string> seen;
  Object object;
  if (!GetObject(value, place, &object)) return false;
  for (auto item : object) {
    std::string_view key;
    Value inner;
    if (item.error()) return FailSyntax(item.error());
    if (item.unescaped_key().get(key)) return Fail(place, "a key is not a valid string");
    if (const auto error = item.value().get(inner)) return FailSyntax(error);
    const Place there = place.Key(key);
    Message* entry = target.reflection->AddMessage(target.message, field.field);
    if (const char* problem = PutScalarText(FieldSink(entry, *key_field.field), key)) {
      return Fail(there, std::string("map key: ") + problem);
    }
    // Not the key as written: "1" and "1.0" are one number.
    if (!seen.insert(JsonOf(*entry, *key_field.field)).second) return Fail(there, "given twice");
    if (!value_field.takes_null && TokenOf(inner) == "null") return Fail(there, "null in a map");
    if (!ReadSingle(inner, value_field, there, TargetOf(entry, *field.message))) return false;
  }
  return true;
}

bool JsonReader::ReadScalar(Value value, const FieldPlan& field, const Place& place,
                            Target target) {
  const std::string_view token = TokenOf(value);
  const bool is_string = token.substr(0, 1) == "\"";
  std::string_view text = token;
  if (is_string && !GetString(value, place, &text)) return false;

  const FieldSink sink(target.message, *target.reflection, *field.field);
  const char* problem = nullptr;
  switch (field.type) {
    case FieldDescriptor::CPPTYPE_STRING:
      if (!is_string) {
        problem = "expected a string";
      } else if (field.is_bytes) {
        problem = PutBase64(sink, text);
      } else {
        sink.Put(std::string(text));
      }
      break;
    case FieldDescriptor::CPPTYPE_BOOL:
      problem = is_string ? "expected true or false" : PutScalarText(sink, text);
      break;
    case FieldDescriptor::CPPTYPE_ENUM:
      if (is_string) {
        problem = PutEnumName(sink, text);
      } else if (field.takes_null && text == "null") {
        sink.PutEnum(google::protobuf::NULL_VALUE);
      } else {
        problem =
            IsNumber(text) ? PutEnumNumber(sink, text) : "expected a name or a number of the enum";
      }
      break;
    default:
      // "NaN" is a number only as a string.
      problem = is_string || IsNumber(text) ? PutScalarText(sink, text) : "expected a number";
  }
  return problem == nullptr || FailToken(place, token, problem);
}

}  // namespace trellis::gateway
