#ifndef GATEWAY_TRANSCODING_JSON_WRITER_INTERNAL_H_
#define GATEWAY_TRANSCODING_JSON_WRITER_INTERNAL_H_

#include <charconv>
#include <string>
#include <string_view>

#include "gateway/routing/route.h"
#include "gateway/transcoding/message_plan.h"
#include "google/protobuf/message.h"
#include "google/protobuf/struct.pb.h"

namespace trellis::gateway {

// Integers, and finite floating-point numbers in the fewest digits that read back as the same.
template <typename Number>
void AppendJsonNumber(Number value, std::string* out) {
  char digits[32];
  const auto end = std::to_chars(digits, digits + sizeof digits, value).ptr;
  out->append(digits, static_cast<size_t>(end - digits));
}

// One writing, appended to a borrowed string. Private to json_writer*.cc. `depth` counts the
// messages around; it matters only for an Any, whose bytes escape protobuf's own recursion limit.
class JsonWriter {
 public:
  using Message = google::protobuf::Message;

  // A message that is being written, with its reflection at hand.
  struct Source {
    const Message& message;
    const google::protobuf::Reflection& reflection;
  };

  // `root` is the message that everything written is part of.
  JsonWriter(const Message& root, const MessagePlan& plan, std::string* out, JsonStyle style)
      : out_(out), style_(style), is_linked_(root.GetReflection() == plan.linked_reflection) {}

  void WriteMessage(const Message& message, const MessagePlan& plan, int depth);
  void WriteField(const Source& source, const FieldPlan& field, int depth);

  [[nodiscard]] Source SourceOf(const Message& message, const MessagePlan& plan) const {
    const bool is_known = is_linked_ && plan.linked_reflection != nullptr;
    return {message, is_known ? *plan.linked_reflection : *message.GetReflection()};
  }

 private:
  void WriteFields(const Source& source, const MessagePlan& plan, bool first, int depth);
  void WriteSingular(const Source& source, const FieldPlan& field, int depth);
  void WriteElement(const Source& source, const FieldPlan& field, int index, int depth);
  void WriteMap(const Source& source, const FieldPlan& field, int depth);
  void WriteEnum(const FieldPlan& field, int number);
  void WriteText(const FieldPlan& field, const std::string& text);

  void WriteWellKnown(const Message& message, const MessagePlan& plan, int depth);
  void WriteSecondsAndNanos(const Message& message, const MessagePlan& plan);
  void WriteAny(const Message& any, const MessagePlan& plan, int depth);
  void WriteStruct(const google::protobuf::Struct& value);
  void WriteList(const google::protobuf::ListValue& value);
  void WriteValue(const google::protobuf::Value& value);

  void Raw(std::string_view text) { out_->append(text); }
  template <typename Number>
  void WriteNumber(Number value) {
    AppendJsonNumber(value, out_);
  }
  template <typename Number>
  void WriteLong(Number value);
  template <typename Number>
  void WriteFloating(Number value);

  std::string* out_;
  const JsonStyle style_;
  // The messages are of linked classes throughout.
  const bool is_linked_;
  std::string scratch_;
};

}  // namespace trellis::gateway

#endif  // GATEWAY_TRANSCODING_JSON_WRITER_INTERNAL_H_
