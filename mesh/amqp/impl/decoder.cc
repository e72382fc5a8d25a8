#include "mesh/amqp/impl/decoder.h"

#include <new>

#include "mesh/amqp/impl/encoder.h"

namespace trellis::amqp {
namespace {

// Larger bodies are not believed before they come.
constexpr uint64_t kMaxReserve = uint64_t{1} << 20;

std::optional<int64_t> Integer(const amqp_field_value_t& value) {
  switch (value.kind) {
    case AMQP_FIELD_KIND_I8:
      return value.value.i8;
    case AMQP_FIELD_KIND_U8:
      return value.value.u8;
    case AMQP_FIELD_KIND_I16:
      return value.value.i16;
    case AMQP_FIELD_KIND_U16:
      return value.value.u16;
    case AMQP_FIELD_KIND_I32:
      return value.value.i32;
    case AMQP_FIELD_KIND_U32:
      return value.value.u32;
    case AMQP_FIELD_KIND_I64:
      return value.value.i64;
    case AMQP_FIELD_KIND_U64:
      return static_cast<int64_t>(value.value.u64);
    default:
      return std::nullopt;
  }
}

// Of a table of RabbitMQ's (https://www.rabbitmq.com/docs/dlx): its time is in seconds.
std::optional<Death> DeathOf(const amqp_field_value_t& value) {
  if (value.kind != AMQP_FIELD_KIND_ARRAY || value.value.array.num_entries == 0)
    return std::nullopt;
  const amqp_field_value_t& latest = value.value.array.entries[0];
  if (latest.kind != AMQP_FIELD_KIND_TABLE) return std::nullopt;
  Death death;
  for (int i = 0; i < latest.value.table.num_entries; ++i) {
    const amqp_table_entry_t& entry = latest.value.table.entries[i];
    const std::string_view name = View(entry.key);
    if (name == "count") {
      death.count = Integer(entry.value).value_or(0);
    } else if (name == "time" && entry.value.kind == AMQP_FIELD_KIND_TIMESTAMP) {
      death.time = base::WallTime(std::chrono::seconds(entry.value.value.u64));
    } else if (entry.value.kind == AMQP_FIELD_KIND_UTF8) {
      if (name == "queue") death.queue = View(entry.value.value.bytes);
      if (name == "reason") death.reason = View(entry.value.value.bytes);
    }
  }
  return death;
}

void ReadHeaders(const amqp_table_t& table, Delivery* delivery) {
  for (int i = 0; i < table.num_entries; ++i) {
    const amqp_table_entry_t& entry = table.entries[i];
    const std::string_view name = View(entry.key);
    if (name == "x-delivery-count") {
      delivery->delivery_count = Integer(entry.value).value_or(0);
    } else if (name == "x-death") {
      delivery->death = DeathOf(entry.value);
    } else if (entry.value.kind == AMQP_FIELD_KIND_UTF8) {
      delivery->message.headers.emplace(name, View(entry.value.value.bytes));
    }
  }
}

}  // namespace

Decoder::Decoder() : state_(amqp_new_connection()) {
  if (state_ == nullptr) throw std::bad_alloc();
}

bool Decoder::Next(std::string_view* data, amqp_frame_t* frame) {
  frame->frame_type = 0;
  while (!data->empty() && frame->frame_type == 0) {
    const int used = amqp_handle_input(state_.get(), Bytes(*data), frame);
    if (used <= 0) return false;
    data->remove_prefix(static_cast<size_t>(used));
  }
  return true;
}

void Decoder::set_max_frame(size_t bytes) {
  // No heartbeats: the session keeps them.
  amqp_tune_connection(state_.get(), 0, static_cast<int>(bytes), 0);
}

void Decoder::Release(const amqp_frame_t& frame) {
  amqp_maybe_release_buffers_on_channel(state_.get(), frame.channel);
}

void Assembler::Begin(Delivery delivery) {
  delivery_ = std::move(delivery);
  correlation_id_.clear();
  step_ = Step::kHeader;
}

bool Assembler::Header(const amqp_frame_t& frame) {
  if (step_ != Step::kHeader || frame.payload.properties.class_id != AMQP_BASIC_CLASS) return false;
  const auto* properties =
      static_cast<const amqp_basic_properties_t*>(frame.payload.properties.decoded);
  Message& message = delivery_.message;
  message.content_type.clear();
  if ((properties->_flags & AMQP_BASIC_CONTENT_TYPE_FLAG) != 0) {
    message.content_type = View(properties->content_type);
  }
  if ((properties->_flags & AMQP_BASIC_MESSAGE_ID_FLAG) != 0) {
    message.message_id = View(properties->message_id);
  }
  if ((properties->_flags & AMQP_BASIC_CORRELATION_ID_FLAG) != 0) {
    correlation_id_ = View(properties->correlation_id);
  }
  if ((properties->_flags & AMQP_BASIC_HEADERS_FLAG) != 0) {
    ReadHeaders(properties->headers, &delivery_);
  }
  body_size_ = frame.payload.properties.body_size;
  message.body.reserve(std::min(body_size_, kMaxReserve));
  step_ = Step::kBody;
  return true;
}

bool Assembler::Body(const amqp_frame_t& frame) {
  std::string& body = delivery_.message.body;
  if (step_ != Step::kBody || frame.payload.body_fragment.len > body_size_ - body.size()) {
    return false;
  }
  body.append(View(frame.payload.body_fragment));
  return true;
}

std::optional<Delivery> Assembler::Take() {
  if (step_ != Step::kBody || delivery_.message.body.size() != body_size_) return std::nullopt;
  step_ = Step::kIdle;
  return std::move(delivery_);
}

}  // namespace trellis::amqp
