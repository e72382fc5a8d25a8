#ifndef GATEWAY_TRANSCODING_JSON_READER_INTERNAL_H_
#define GATEWAY_TRANSCODING_JSON_READER_INTERNAL_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/types/span.h"
#include "gateway/transcoding/json_reader.h"
#include "gateway/transcoding/message_plan.h"
#include "google/protobuf/message.h"
#include "google/protobuf/struct.pb.h"
#include "simdjson.h"

namespace trellis::gateway {

// One reading of one text, over simdjson's on-demand iterator. Private to json_reader*.cc. Each
// Read... answers false after an error, which status() then holds; reading must stop there.
class JsonReader {
 public:
  using Message = google::protobuf::Message;
  using Value = simdjson::ondemand::value;
  using Object = simdjson::ondemand::object;

  // A link of the path to where the reader is. Lives on the stack and is written out only for an
  // error.
  struct Place {
    const Place* parent = nullptr;
    std::string_view name = {};  // of a field or a map key
    int64_t index = -1;          // of an element
    bool is_map_key = false;
    int depth = 0;

    [[nodiscard]] Place Field(std::string_view field) const {
      return {this, field, -1, false, depth};
    }
    [[nodiscard]] Place Key(std::string_view key) const { return {this, key, -1, true, depth}; }
    [[nodiscard]] Place Element(int64_t i) const { return {this, {}, i, false, depth}; }
  };

  // A message that is being filled, with its reflection at hand.
  struct Target {
    Message* message;
    const google::protobuf::Reflection* reflection;
  };

  // `root` is the message that everything is read into.
  JsonReader(const Message& root, const MessagePlan& plan, absl::Span<const BoundField> bound)
      : bound_(bound), is_linked_(root.GetReflection() == plan.linked_reflection) {}

  [[nodiscard]] const absl::Status& status() const { return status_; }

  bool ReadMessage(Value value, const MessagePlan& plan, const Place& place, Message* message);
  bool ReadField(Value value, const FieldPlan& field, const Place& place, Target target);

  [[nodiscard]] Target TargetOf(Message* message, const MessagePlan& plan) const {
    const bool is_known = is_linked_ && plan.linked_reflection != nullptr;
    return {message, is_known ? plan.linked_reflection : message->GetReflection()};
  }

  bool Fail(const Place& place, std::string_view description);
  bool FailSyntax(simdjson::error_code error);
  // The value is of the wrong type, or, when `token` is no JSON at all, a syntax error.
  bool FailToken(const Place& place, std::string_view token, std::string_view description);

 private:
  enum class AnyType { kNo, kSkip };

  // Sets a singular field or appends an element.
  bool ReadSingle(Value value, const FieldPlan& field, const Place& place, Target target);
  bool ReadScalar(Value value, const FieldPlan& field, const Place& place, Target target);
  bool ReadList(Value value, const FieldPlan& field, const Place& place, Target target);
  bool ReadMap(Value value, const FieldPlan& field, const Place& place, Target target);
  bool ReadUnboundField(Value value, const FieldPlan& field, const Place& place, Target target);
  // `skip`: "@type" is no field but an Any's type.
  bool ReadFields(Object object, const MessagePlan& plan, AnyType skip, const Place& place,
                  Target target);

  bool ReadWellKnown(Value value, const MessagePlan& plan, const Place& place, Message* message);
  bool ReadAny(Value value, const Place& place, Message* any);
  bool ReadAnyValue(Object object, const MessagePlan& plan, const Place& place, Message* message);
  bool ReadStruct(Value value, const Place& place, google::protobuf::Struct* out);
  bool ReadListValue(Value value, const Place& place, google::protobuf::ListValue* out);
  bool ReadValue(Value value, const Place& place, google::protobuf::Value* out);

  bool GetString(Value value, const Place& place, std::string_view* out);
  bool GetObject(Value value, const Place& place, Object* out);
  bool CheckOneof(const FieldPlan& field, const Place& place, Target target);
  // One level further down.
  bool Enter(const Place& place, Place* inner);

  absl::Span<const BoundField> bound_;
  // The messages are of linked classes throughout.
  const bool is_linked_;
  absl::Status status_;
};

// The token of a value that was not read yet, without the space behind it; for an object, an array
// or a string only its first character counts.
[[nodiscard]] inline std::string_view TokenOf(simdjson::ondemand::value value) {
  std::string_view token = value.raw_json_token();
  while (!token.empty() && (token.back() == ' ' || token.back() == '\n' || token.back() == '\r' ||
                            token.back() == '\t')) {
    token.remove_suffix(1);
  }
  return token;
}

}  // namespace trellis::gateway

#endif  // GATEWAY_TRANSCODING_JSON_READER_INTERNAL_H_
