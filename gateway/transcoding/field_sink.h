#ifndef GATEWAY_TRANSCODING_FIELD_SINK_H_
#define GATEWAY_TRANSCODING_FIELD_SINK_H_

#include <cstdint>
#include <string>
#include <utility>

#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"

namespace trellis::gateway {

// One field of one message to put values into: sets it when it is singular, appends when it is
// repeated. The type of the value must be the field's. Borrows both; not thread-safe.
class FieldSink {
 public:
  FieldSink(google::protobuf::Message* message, const google::protobuf::FieldDescriptor& field)
      : FieldSink(message, *message->GetReflection(), field) {}
  // For those who have the message's reflection at hand, since GetReflection is not cheap.
  FieldSink(google::protobuf::Message* message, const google::protobuf::Reflection& reflection,
            const google::protobuf::FieldDescriptor& field)
      : message_(*message), reflection_(reflection), field_(&field) {}

  [[nodiscard]] const google::protobuf::FieldDescriptor& field() const { return *field_; }

  void Put(int32_t value) const { Call(&Reflection::SetInt32, &Reflection::AddInt32, value); }
  void Put(int64_t value) const { Call(&Reflection::SetInt64, &Reflection::AddInt64, value); }
  void Put(uint32_t value) const { Call(&Reflection::SetUInt32, &Reflection::AddUInt32, value); }
  void Put(uint64_t value) const { Call(&Reflection::SetUInt64, &Reflection::AddUInt64, value); }
  void Put(float value) const { Call(&Reflection::SetFloat, &Reflection::AddFloat, value); }
  void Put(double value) const { Call(&Reflection::SetDouble, &Reflection::AddDouble, value); }
  void Put(bool value) const { Call(&Reflection::SetBool, &Reflection::AddBool, value); }
  void PutEnum(int value) const {
    Call(&Reflection::SetEnumValue, &Reflection::AddEnumValue, value);
  }
  void Put(std::string value) const {
    if (field_->is_repeated()) {
      reflection_.AddString(&message_, field_, std::move(value));
    } else {
      reflection_.SetString(&message_, field_, std::move(value));
    }
  }

 private:
  using Reflection = google::protobuf::Reflection;

  template <typename Set, typename Add, typename Value>
  void Call(Set set, Add add, Value value) const {
    (reflection_.*(field_->is_repeated() ? add : set))(&message_, field_, value);
  }

  google::protobuf::Message& message_;
  const Reflection& reflection_;
  const google::protobuf::FieldDescriptor* field_;
};

}  // namespace trellis::gateway

#endif  // GATEWAY_TRANSCODING_FIELD_SINK_H_
