#include "gateway/transcoding/message_plan.h"

#include <memory>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "google/protobuf/descriptor.pb.h"

namespace trellis::gateway {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;

const google::protobuf::Reflection* LinkedReflection(const Descriptor& descriptor) {
  if (descriptor.file()->pool() != google::protobuf::DescriptorPool::generated_pool() ||
      descriptor.options().map_entry()) {
    return nullptr;
  }
  const auto* prototype =
      google::protobuf::MessageFactory::generated_factory()->GetPrototype(&descriptor);
  return prototype == nullptr ? nullptr : prototype->GetReflection();
}

class Registry {
 public:
  const MessagePlan& Get(const Descriptor& descriptor) {
    absl::MutexLock lock(&mutex_);
    return Make(descriptor);
  }

 private:
  const MessagePlan& Make(const Descriptor& descriptor) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    auto& slot = plans_[&descriptor];
    if (slot != nullptr) return *slot;
    slot = std::make_unique<MessagePlan>();
    // The map may move its slots while a recursive type is followed.
    MessagePlan& plan = *slot;
    plan.descriptor = &descriptor;
    plan.well_known = descriptor.well_known_type();
    plan.linked_reflection = LinkedReflection(descriptor);
    plan.fields.reserve(static_cast<size_t>(descriptor.field_count()));
    for (int i = 0; i < descriptor.field_count(); ++i) {
      plan.fields.push_back(MakeField(*descriptor.field(i)));
    }
    for (const FieldPlan& field : plan.fields) {
      plan.by_name.emplace(field.field->name(), &field);
      plan.by_name.emplace(field.field->json_name(), &field);
    }
    return plan;
  }

  FieldPlan MakeField(const FieldDescriptor& field) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    const Descriptor* message = field.message_type();
    const bool is_value =
        message != nullptr && message->well_known_type() == Descriptor::WELLKNOWNTYPE_VALUE;
    const bool is_null = field.enum_type() != nullptr &&
                         field.enum_type()->full_name() == "google.protobuf.NullValue";
    return FieldPlan{
        .field = &field,
        .index = field.index(),
        .type = field.cpp_type(),
        .is_bytes = field.type() == FieldDescriptor::TYPE_BYTES,
        .is_repeated = field.is_repeated(),
        .is_map = field.is_map(),
        .has_presence = field.has_presence(),
        .takes_null = is_value || is_null,
        .oneof = field.real_containing_oneof(),
        .message = message == nullptr ? nullptr : &Make(*message),
        .key = "\"" + field.json_name() + "\":",
        .proto_key = "\"" + field.name() + "\":",
    };
  }

  absl::Mutex mutex_;
  absl::flat_hash_map<const Descriptor*, std::unique_ptr<MessagePlan>> plans_
      ABSL_GUARDED_BY(mutex_);
};

}  // namespace

const MessagePlan& PlanOf(const Descriptor& descriptor) {
  static Registry& registry = *new Registry;
  thread_local absl::flat_hash_map<const Descriptor*, const MessagePlan*> known;
  const MessagePlan*& plan = known[&descriptor];
  if (plan == nullptr) plan = &registry.Get(descriptor);
  return *plan;
}

}  // namespace trellis::gateway
