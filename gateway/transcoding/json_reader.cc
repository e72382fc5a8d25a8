#include "gateway/transcoding/json_reader.h"

#include <cstring>
#include <string>

#include "absl/container/inlined_vector.h"
#include "gateway/transcoding/json_reader_internal.h"
#include "gateway/transcoding/scalar_text.h"
#include "mesh/base/json_string.h"
#include "mesh/base/status.h"

namespace trellis::gateway {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

constexpr int kMaxDepth = 64;
// Keys come from the caller, who is not to fill logs with them.
constexpr size_t kMaxPathLength = 256;

void AppendPlace(const JsonReader::Place& place, std::string* out) {
  if (place.parent == nullptr) return;
  AppendPlace(*place.parent, out);
  if (place.index >= 0) {
    out->append("[").append(std::to_string(place.index)).append("]");
  } else if (place.is_map_key) {
    out->append("[");
    base::AppendJsonString(place.name, out);
    out->append("]");
  } else {
    if (!out->empty()) out->push_back('.');
    out->append(place.name);
  }
}

std::string PathOf(const JsonReader::Place& place) {
  std::string path;
  AppendPlace(place, &path);
  if (path.size() > kMaxPathLength) {
    size_t end = kMaxPathLength;
    while ((static_cast<unsigned char>(path[end]) & 0xc0) == 0x80) --end;
    path.resize(end);
    path += "...";
  }
  return path;
}

// One bit per field. Most types fit the inlined word.
class SeenFields {
 public:
  explicit SeenFields(size_t count) : words_((count + 63) / 64) {}
  // False at the second time.
  bool Add(int index) {
    uint64_t& word = words_[static_cast<size_t>(index) / 64];
    const uint64_t bit = uint64_t{1} << (index % 64);
    if ((word & bit) != 0) return false;
    word |= bit;
    return true;
  }

 private:
  absl::InlinedVector<uint64_t, 2> words_;
};

// simdjson reads on past the end, so its input is copied to where there is room for that. The text
// becomes the only element of an array: then every value is reached in the same way, while
// simdjson treats a scalar at the top as a special case.
template <typename Read>
absl::Status WithParsed(std::string_view json, JsonReader reader, const Read& read) {
  thread_local simdjson::ondemand::parser parser;
  thread_local std::string buffer;
  const size_t length = json.size() + 2;
  if (buffer.size() < length + simdjson::SIMDJSON_PADDING) {
    buffer.resize(length + simdjson::SIMDJSON_PADDING);
  }
  buffer[0] = '[';
  if (!json.empty()) std::memcpy(buffer.data() + 1, json.data(), json.size());
  buffer[length - 1] = ']';

  const auto fail = [&reader](simdjson::error_code error) {
    reader.FailSyntax(error);
    return reader.status();
  };
  simdjson::ondemand::document document;
  simdjson::ondemand::array array;
  if (const auto error = parser.iterate(buffer.data(), length, buffer.size()).get(document)) {
    return fail(error);
  }
  if (const auto error = document.get_array().get(array)) return fail(error);
  int count = 0;
  for (auto element : array) {
    simdjson::ondemand::value value;
    if (const auto error = element.get(value)) return fail(error);
    if (++count > 1) return fail(simdjson::TRAILING_CONTENT);
    if (!read(&reader, value)) return reader.status();
  }
  if (count == 0) return fail(simdjson::EMPTY);
  if (document.current_location().error() != simdjson::OUT_OF_BOUNDS) {
    return fail(simdjson::TRAILING_CONTENT);
  }
  return absl::OkStatus();
}

}  // namespace

bool JsonReader::Fail(const Place& place, std::string_view description) {
  const std::string path = PathOf(place);
  status_ = base::InvalidField(path.empty() ? "body" : path, description);
  return false;
}

bool JsonReader::FailSyntax(simdjson::error_code error) {
  status_ = base::InvalidField(
      "body", error == simdjson::UTF8_ERROR
                  ? std::string("not valid UTF-8")
                  : std::string("not valid JSON: ") + simdjson::error_message(error));
  return false;
}

bool JsonReader::FailToken(const Place& place, std::string_view token,
                           std::string_view description) {
  const bool is_json =
      token == "true" || token == "false" || token == "null" || IsJsonNumber(token) ||
      (!token.empty() && std::string_view("\"{[").find(token[0]) != std::string_view::npos);
  if (is_json) return Fail(place, description);
  const std::string path = PathOf(place);
  status_ = base::InvalidField("body", "not valid JSON at " + (path.empty() ? "its start" : path));
  return false;
}

bool JsonReader::Enter(const Place& place, Place* inner) {
  *inner = place;
  if (++inner->depth > kMaxDepth) return Fail(place, "nested too deep");
  return true;
}

bool JsonReader::GetObject(Value value, const Place& place, Object* out) {
  const std::string_view token = TokenOf(value);
  if (token.substr(0, 1) != "{") return FailToken(place, token, "expected an object");
  const auto error = value.get_object().get(*out);
  return error ? FailSyntax(error) : true;
}

bool JsonReader::GetString(Value value, const Place& place, std::string_view* out) {
  const std::string_view token = TokenOf(value);
  if (token.substr(0, 1) != "\"") return FailToken(place, token, "expected a string");
  if (value.get_string().get(*out)) {
    return Fail(place, "not a valid string: a bad escape or half a surrogate pair");
  }
  return true;
}

bool JsonReader::ReadMessage(Value value, const MessagePlan& plan, const Place& place,
                             Message* message) {
  Place inner;
  if (!Enter(place, &inner)) return false;
  if (plan.IsWellKnown()) return ReadWellKnown(value, plan, inner, message);
  Object object;
  return GetObject(value, inner, &object) &&
         ReadFields(object, plan, AnyType::kNo, inner, TargetOf(message, plan));
}

bool JsonReader::ReadFields(Object object, const MessagePlan& plan, AnyType skip,
                            const Place& place, Target target) {
  SeenFields seen(plan.fields.size());
  size_t next = 0;
  for (auto entry : object) {
    std::string_view key;
    Value value;
    if (entry.error()) return FailSyntax(entry.error());
    if (entry.unescaped_key().get(key)) return Fail(place, "a key is not a valid string");
    if (const auto error = entry.value().get(value)) return FailSyntax(error);
    const Place there = place.Field(key);
    // Most clients send fields in the order of their declaration.
    const FieldPlan* field = next < plan.fields.size() && plan.fields[next].json_name() == key
                                 ? &plan.fields[next]
                                 : plan.Find(key);
    if (field == nullptr) {
      if (skip == AnyType::kSkip && key == "@type") continue;
      return Fail(there, "unknown field");
    }
    if (!seen.Add(field->index)) return Fail(there, "given twice");
    next = static_cast<size_t>(field->index) + 1;
    if (!ReadField(value, *field, there, target)) return false;
  }
  return true;
}

absl::Status ReadJson(std::string_view json, Message* message, absl::Span<const BoundField> bound) {
  const MessagePlan& plan = PlanOf(*message->GetDescriptor());
  return WithParsed(json, JsonReader(*message, plan, bound),
                    [&](JsonReader* reader, simdjson::ondemand::value value) {
                      return reader->ReadMessage(value, plan, JsonReader::Place(), message);
                    });
}

absl::Status ReadJsonField(std::string_view json, const FieldDescriptor& field, Message* message,
                           absl::Span<const BoundField> bound) {
  const MessagePlan& plan = PlanOf(*message->GetDescriptor());
  const JsonReader::Place root;
  const JsonReader::Place place = root.Field(field.name());
  return WithParsed(json, JsonReader(*message, plan, bound),
                    [&](JsonReader* reader, simdjson::ondemand::value value) {
                      return reader->ReadField(value, plan.Of(field), place,
                                               reader->TargetOf(message, plan));
                    });
}

}  // namespace trellis::gateway
