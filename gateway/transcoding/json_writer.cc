#include "gateway/transcoding/json_writer.h"

#include <cmath>

#include "gateway/transcoding/base64.h"
#include "gateway/transcoding/json_writer_internal.h"
#include "mesh/base/json_string.h"

namespace trellis::gateway {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

template <typename Number>
void JsonWriter::WriteLong(Number value) {
  if (style_.numeric_int64) return WriteNumber(value);
  out_->push_back('"');
  WriteNumber(value);
  out_->push_back('"');
}

template <typename Number>
void JsonWriter::WriteFloating(Number value) {
  if (std::isfinite(value)) {
    WriteNumber(value);
  } else if (std::isnan(value)) {
    Raw("\"NaN\"");
  } else {
    Raw(value > 0 ? "\"Infinity\"" : "\"-Infinity\"");
  }
}

void JsonWriter::WriteMessage(const Message& message, const MessagePlan& plan, int depth) {
  if (plan.IsWellKnown()) {
    WriteWellKnown(message, plan, depth);
    return;
  }
  out_->push_back('{');
  WriteFields(SourceOf(message, plan), plan, /*first=*/true, depth);
  out_->push_back('}');
}

void JsonWriter::WriteFields(const Source& source, const MessagePlan& plan, bool first, int depth) {
  for (const FieldPlan& field : plan.fields) {
    if (field.has_presence && !source.reflection.HasField(source.message, field.field)) continue;
    if (!first) out_->push_back(',');
    first = false;
    Raw(style_.proto_names ? field.proto_key : field.key);
    WriteField(source, field, depth);
  }
}

void JsonWriter::WriteField(const Source& source, const FieldPlan& field, int depth) {
  if (field.is_map) {
    WriteMap(source, field, depth);
  } else if (field.is_repeated) {
    const int size = source.reflection.FieldSize(source.message, field.field);
    out_->push_back('[');
    for (int i = 0; i < size; ++i) {
      if (i > 0) out_->push_back(',');
      WriteElement(source, field, i, depth);
    }
    out_->push_back(']');
  } else {
    WriteSingular(source, field, depth);
  }
}

void JsonWriter::WriteMap(const Source& source, const FieldPlan& field, int depth) {
  const FieldPlan& key = field.message->fields[0];
  const int size = source.reflection.FieldSize(source.message, field.field);
  out_->push_back('{');
  for (int i = 0; i < size; ++i) {
    if (i > 0) out_->push_back(',');
    const Source entry = SourceOf(
        source.reflection.GetRepeatedMessage(source.message, field.field, i), *field.message);
    // Strings and 64-bit integers are in quotes already.
    const size_t start = out_->size();
    WriteSingular(entry, key, depth);
    if ((*out_)[start] != '"') {
      out_->insert(start, 1, '"');
      out_->push_back('"');
    }
    out_->push_back(':');
    WriteSingular(entry, field.message->fields[1], depth);
  }
  out_->push_back('}');
}

void JsonWriter::WriteEnum(const FieldPlan& field, int number) {
  if (field.takes_null) {
    Raw("null");
  } else if (const auto* value = field.field->enum_type()->FindValueByNumber(number)) {
    out_->push_back('"');
    Raw(value->name());
    out_->push_back('"');
  } else {
    WriteNumber(number);
  }
}

void JsonWriter::WriteText(const FieldPlan& field, const std::string& text) {
  if (!field.is_bytes) {
    base::AppendJsonString(text, out_);
    return;
  }
  out_->push_back('"');
  AppendBase64(text, out_);
  out_->push_back('"');
}

void JsonWriter::WriteSingular(const Source& source, const FieldPlan& field, int depth) {
  const auto& [m, r] = source;
  const FieldDescriptor* f = field.field;
  switch (field.type) {
    case FieldDescriptor::CPPTYPE_INT32:
      return WriteNumber(r.GetInt32(m, f));
    case FieldDescriptor::CPPTYPE_INT64:
      return WriteLong(r.GetInt64(m, f));
    case FieldDescriptor::CPPTYPE_UINT32:
      return WriteNumber(r.GetUInt32(m, f));
    case FieldDescriptor::CPPTYPE_UINT64:
      return WriteLong(r.GetUInt64(m, f));
    case FieldDescriptor::CPPTYPE_DOUBLE:
      return WriteFloating(r.GetDouble(m, f));
    case FieldDescriptor::CPPTYPE_FLOAT:
      return WriteFloating(r.GetFloat(m, f));
    case FieldDescriptor::CPPTYPE_BOOL:
      return Raw(r.GetBool(m, f) ? "true" : "false");
    case FieldDescriptor::CPPTYPE_ENUM:
      return WriteEnum(field, r.GetEnumValue(m, f));
    case FieldDescriptor::CPPTYPE_STRING:
      return WriteText(field, r.GetStringReference(m, f, &scratch_));
    case FieldDescriptor::CPPTYPE_MESSAGE:
      return WriteMessage(r.GetMessage(m, f), *field.message, depth + 1);
  }
}

void JsonWriter::WriteElement(const Source& source, const FieldPlan& field, int i, int depth) {
  const auto& [m, r] = source;
  const FieldDescriptor* f = field.field;
  switch (field.type) {
    case FieldDescriptor::CPPTYPE_INT32:
      return WriteNumber(r.GetRepeatedInt32(m, f, i));
    case FieldDescriptor::CPPTYPE_INT64:
      return WriteLong(r.GetRepeatedInt64(m, f, i));
    case FieldDescriptor::CPPTYPE_UINT32:
      return WriteNumber(r.GetRepeatedUInt32(m, f, i));
    case FieldDescriptor::CPPTYPE_UINT64:
      return WriteLong(r.GetRepeatedUInt64(m, f, i));
    case FieldDescriptor::CPPTYPE_DOUBLE:
      return WriteFloating(r.GetRepeatedDouble(m, f, i));
    case FieldDescriptor::CPPTYPE_FLOAT:
      return WriteFloating(r.GetRepeatedFloat(m, f, i));
    case FieldDescriptor::CPPTYPE_BOOL:
      return Raw(r.GetRepeatedBool(m, f, i) ? "true" : "false");
    case FieldDescriptor::CPPTYPE_ENUM:
      return WriteEnum(field, r.GetRepeatedEnumValue(m, f, i));
    case FieldDescriptor::CPPTYPE_STRING:
      return WriteText(field, r.GetRepeatedStringReference(m, f, i, &scratch_));
    case FieldDescriptor::CPPTYPE_MESSAGE:
      return WriteMessage(r.GetRepeatedMessage(m, f, i), *field.message, depth + 1);
  }
}

void AppendJson(const Message& message, std::string* out, JsonStyle style) {
  // Enough for most answers, which saves growing step by step.
  constexpr size_t kUsualSize = 256;
  out->reserve(out->size() + kUsualSize);
  const MessagePlan& plan = PlanOf(*message.GetDescriptor());
  JsonWriter(message, plan, out, style).WriteMessage(message, plan, 0);
}

void AppendFieldJson(const Message& message, const FieldDescriptor& field, std::string* out,
                     JsonStyle style) {
  const MessagePlan& plan = PlanOf(*message.GetDescriptor());
  if (field.has_presence() && !message.GetReflection()->HasField(message, &field)) {
    out->append("null");
    return;
  }
  JsonWriter writer(message, plan, out, style);
  writer.WriteField(writer.SourceOf(message, plan), plan.Of(field), 0);
}

void AppendResponseJson(const Route& route, const Message& response, std::string* out) {
  if (route.response_body_field == nullptr) {
    AppendJson(response, out, route.json_style);
  } else {
    AppendFieldJson(response, *route.response_body_field, out, route.json_style);
  }
}

}  // namespace trellis::gateway
