#include <cmath>
#include <memory>

#include "gateway/transcoding/base64.h"
#include "gateway/transcoding/json_writer.h"
#include "gateway/transcoding/json_writer_internal.h"
#include "gateway/transcoding/scalar_text.h"
#include "gateway/transcoding/well_known.h"
#include "mesh/base/json_string.h"

namespace trellis::gateway {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::Message;

// As protobuf's limit for messages within messages.
constexpr int kMaxDepth = 100;

template <typename T, typename Write>
void WriteAs(const Message& message, const Write& write) {
  if (const T* generated = google::protobuf::DynamicCastToGenerated<T>(&message)) {
    write(*generated);
    return;
  }
  T copy;
  (void)copy.ParsePartialFromString(message.SerializePartialAsString());
  write(copy);
}

// The content of an Any; null when its type is not linked in or its bytes are not of that type.
std::unique_ptr<Message> Unpack(const std::string& type_url, const std::string& bytes) {
  const size_t slash = type_url.rfind('/');
  if (slash == std::string::npos) return nullptr;
  const Descriptor* type =
      google::protobuf::DescriptorPool::generated_pool()->FindMessageTypeByName(
          type_url.substr(slash + 1));
  if (type == nullptr) return nullptr;
  const Message* prototype =
      google::protobuf::MessageFactory::generated_factory()->GetPrototype(type);
  if (prototype == nullptr) return nullptr;
  std::unique_ptr<Message> content(prototype->New());
  return content->ParseFromString(bytes) ? std::move(content) : nullptr;
}

}  // namespace

void JsonWriter::WriteWellKnown(const Message& message, const MessagePlan& plan, int depth) {
  switch (plan.well_known) {
    case Descriptor::WELLKNOWNTYPE_TIMESTAMP:
    case Descriptor::WELLKNOWNTYPE_DURATION:
      return WriteSecondsAndNanos(message, plan);
    case Descriptor::WELLKNOWNTYPE_FIELDMASK: {
      std::string paths;
      AppendFieldMask(message, &paths);
      return base::AppendJsonString(paths, out_);
    }
    case Descriptor::WELLKNOWNTYPE_STRUCT:
      return WriteAs<google::protobuf::Struct>(message, [&](const auto& v) { WriteStruct(v); });
    case Descriptor::WELLKNOWNTYPE_VALUE:
      return WriteAs<google::protobuf::Value>(message, [&](const auto& v) { WriteValue(v); });
    case Descriptor::WELLKNOWNTYPE_LISTVALUE:
      return WriteAs<google::protobuf::ListValue>(message, [&](const auto& v) { WriteList(v); });
    case Descriptor::WELLKNOWNTYPE_ANY:
      return WriteAny(message, plan, depth);
    default:
      return WriteSingular(SourceOf(message, plan), plan.fields[0], depth);
  }
}

void JsonWriter::WriteSecondsAndNanos(const Message& message, const MessagePlan& plan) {
  const auto& reflection = SourceOf(message, plan).reflection;
  const int64_t seconds = reflection.GetInt64(message, plan.fields[0].field);
  const int32_t nanos = reflection.GetInt32(message, plan.fields[1].field);
  const size_t start = out_->size();
  out_->push_back('"');
  const bool ok = plan.well_known == Descriptor::WELLKNOWNTYPE_TIMESTAMP
                      ? AppendTimestamp(seconds, nanos, out_)
                      : AppendDuration(seconds, nanos, out_);
  if (ok) {
    out_->push_back('"');
  } else {
    out_->resize(start);
    Raw("null");
  }
}

void JsonWriter::WriteAny(const Message& any, const MessagePlan& plan, int depth) {
  const auto& reflection = SourceOf(any, plan).reflection;
  const std::string type_url = reflection.GetString(any, plan.fields[0].field);
  const std::string bytes = reflection.GetString(any, plan.fields[1].field);
  if (type_url.empty() && bytes.empty()) return Raw("{}");
  Raw("{\"@type\":");
  base::AppendJsonString(type_url, out_);
  const auto content = depth < kMaxDepth ? Unpack(type_url, bytes) : nullptr;
  if (content == nullptr) {
    Raw(",\"value\":\"");
    AppendBase64(bytes, out_);
    Raw("\"}");
    return;
  }
  const MessagePlan& content_plan = PlanOf(*content->GetDescriptor());
  if (content_plan.IsWellKnown()) {
    Raw(",\"value\":");
    WriteWellKnown(*content, content_plan, depth + 1);
  } else {
    WriteFields(SourceOf(*content, content_plan), content_plan, /*first=*/false, depth + 1);
  }
  out_->push_back('}');
}

void JsonWriter::WriteStruct(const google::protobuf::Struct& value) {
  out_->push_back('{');
  bool first = true;
  for (const auto& [key, inner] : value.fields()) {
    if (!first) out_->push_back(',');
    first = false;
    base::AppendJsonString(key, out_);
    out_->push_back(':');
    WriteValue(inner);
  }
  out_->push_back('}');
}

void JsonWriter::WriteList(const google::protobuf::ListValue& value) {
  out_->push_back('[');
  for (int i = 0; i < value.values_size(); ++i) {
    if (i > 0) out_->push_back(',');
    WriteValue(value.values(i));
  }
  out_->push_back(']');
}

void JsonWriter::WriteValue(const google::protobuf::Value& value) {
  using google::protobuf::Value;
  switch (value.kind_case()) {
    case Value::kBoolValue:
      return Raw(value.bool_value() ? "true" : "false");
    case Value::kNumberValue:
      // JSON has no such numbers, and as a string it would come back as another value.
      if (!std::isfinite(value.number_value())) return Raw("null");
      return AppendJsonNumber(value.number_value(), out_);
    case Value::kStringValue:
      return base::AppendJsonString(value.string_value(), out_);
    case Value::kStructValue:
      return WriteStruct(value.struct_value());
    case Value::kListValue:
      return WriteList(value.list_value());
    case Value::kNullValue:
    case Value::KIND_NOT_SET:
      break;
  }
  Raw("null");
}

}  // namespace trellis::gateway
