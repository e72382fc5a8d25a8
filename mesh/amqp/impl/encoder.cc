#include "mesh/amqp/impl/encoder.h"

#include <charconv>

#include "mesh/base/status.h"

namespace trellis::amqp {
namespace {

constexpr size_t kFrameOverhead = 8;  // type, channel, size; end mark
constexpr size_t kMaxShortString = 255;
constexpr size_t kMaxHeaderName = 128;

template <typename Unsigned>
void AppendBigEndian(Unsigned value, std::string* out) {
  for (size_t i = sizeof(value); i-- > 0;) out->push_back(static_cast<char>(value >> (8 * i)));
}

}  // namespace

amqp_bytes_t Bytes(std::string_view text) { return {text.size(), const_cast<char*>(text.data())}; }

std::string_view View(amqp_bytes_t bytes) {
  return {static_cast<const char*>(bytes.bytes), bytes.len};
}

amqp_field_value_t& Table::AddEntry(std::string_view name, amqp_field_value_kind_t kind) {
  amqp_table_entry_t& entry = entries_.emplace_back();
  entry.key = Bytes(name);
  entry.value.kind = static_cast<uint8_t>(kind);
  return entry.value;
}

void Table::AddText(std::string_view name, std::string_view text) {
  AddEntry(name, AMQP_FIELD_KIND_UTF8).value.bytes = Bytes(text);
}

void Table::AddNumber(std::string_view name, int64_t number) {
  AddEntry(name, AMQP_FIELD_KIND_I64).value.i64 = number;
}

void Table::AddFlag(std::string_view name, bool flag) {
  AddEntry(name, AMQP_FIELD_KIND_BOOLEAN).value.boolean = flag ? 1 : 0;
}

void Table::AddTable(std::string_view name, Table table) {
  nested_.push_back(std::move(table));
  AddEntry(name, AMQP_FIELD_KIND_TABLE).value.table = nested_.back().view();
}

Table Table::Of(const Arguments& arguments) {
  Table table;
  for (const auto& [name, value] : arguments) {
    if (const auto* number = std::get_if<int64_t>(&value)) {
      table.AddNumber(name, *number);
    } else {
      table.AddText(name, std::get<std::string>(value));
    }
  }
  return table;
}

amqp_table_t Table::view() { return {static_cast<int>(entries_.size()), entries_.data()}; }

Encoder::Encoder(std::string* out) : out_(out), scratch_(kMaxFrame, '\0') {}

void Encoder::Header() { out_->append("AMQP\0\0\x09\x01", 8); }

void Encoder::Frame(int type, amqp_channel_t channel, std::string_view payload) {
  out_->push_back(static_cast<char>(type));
  AppendBigEndian(channel, out_);
  AppendBigEndian(static_cast<uint32_t>(payload.size()), out_);
  out_->append(payload);
  out_->push_back(static_cast<char>(AMQP_FRAME_END));
}

bool Encoder::Method(amqp_channel_t channel, amqp_method_number_t id, void* decoded) {
  const size_t room = max_frame_ - kFrameOverhead;
  for (size_t i = 0; i < sizeof(id); ++i) scratch_[i] = static_cast<char>(id >> (24 - 8 * i));
  const int length =
      amqp_encode_method(id, decoded, {room - sizeof(id), scratch_.data() + sizeof(id)});
  if (length < 0) return false;
  Frame(AMQP_FRAME_METHOD, channel,
        std::string_view(scratch_).substr(0, sizeof(id) + static_cast<size_t>(length)));
  return true;
}

void Encoder::Heartbeat() { Frame(AMQP_FRAME_HEARTBEAT, 0, {}); }

bool Encoder::Properties(amqp_channel_t channel, uint64_t tag, const Message& message) {
  amqp_basic_properties_t properties{};
  properties._flags = AMQP_BASIC_DELIVERY_MODE_FLAG | AMQP_BASIC_CORRELATION_ID_FLAG;
  properties.delivery_mode = AMQP_DELIVERY_PERSISTENT;
  // A message that is returned does not say which publish it was, but brings its properties.
  char digits[24];
  const auto end = std::to_chars(std::begin(digits), std::end(digits), tag).ptr;
  properties.correlation_id = Bytes({digits, static_cast<size_t>(end - digits)});
  if (!message.content_type.empty()) {
    properties._flags |= AMQP_BASIC_CONTENT_TYPE_FLAG;
    properties.content_type = Bytes(message.content_type);
  }
  if (!message.message_id.empty()) {
    properties._flags |= AMQP_BASIC_MESSAGE_ID_FLAG;
    properties.message_id = Bytes(message.message_id);
  }
  if (!message.headers.empty()) {
    headers_.clear();
    for (const auto& [name, value] : message.headers) {
      amqp_table_entry_t& entry = headers_.emplace_back();
      entry.key = Bytes(name);
      entry.value.kind = AMQP_FIELD_KIND_UTF8;
      entry.value.value.bytes = Bytes(value);
    }
    properties._flags |= AMQP_BASIC_HEADERS_FLAG;
    properties.headers = {static_cast<int>(headers_.size()), headers_.data()};
  }
  constexpr size_t kHead = 12;  // class, weight, body size
  const size_t room = max_frame_ - kFrameOverhead - kHead;
  const int length =
      amqp_encode_properties(AMQP_BASIC_CLASS, &properties, {room, scratch_.data() + kHead});
  if (length < 0) return false;
  std::string head;
  AppendBigEndian(static_cast<uint16_t>(AMQP_BASIC_CLASS), &head);
  AppendBigEndian(uint16_t{0}, &head);
  AppendBigEndian(uint64_t{message.body.size()}, &head);
  scratch_.replace(0, kHead, head);
  Frame(AMQP_FRAME_HEADER, channel,
        std::string_view(scratch_).substr(0, kHead + static_cast<size_t>(length)));
  return true;
}

bool Encoder::Publish(amqp_channel_t channel, uint64_t tag, const Message& message) {
  const size_t before = out_->size();
  amqp_basic_publish_t method{};
  method.exchange = Bytes(message.exchange);
  method.routing_key = Bytes(message.routing_key);
  method.mandatory = 1;
  if (!Method(channel, AMQP_BASIC_PUBLISH_METHOD, &method) || !Properties(channel, tag, message)) {
    out_->resize(before);
    return false;
  }
  const std::string_view body = message.body;
  const size_t piece = max_frame_ - kFrameOverhead;
  for (size_t at = 0; at < body.size(); at += piece) {
    Frame(AMQP_FRAME_BODY, channel, body.substr(at, piece));
  }
  return true;
}

absl::Status CheckMessage(const Message& message) {
  const auto too_long = [](std::string_view field) {
    return base::MakeStatus(absl::StatusCode::kInvalidArgument,
                            "amqp: " + std::string(field) + " is too long");
  };
  if (message.exchange.size() > kMaxShortString) return too_long("the exchange's name");
  if (message.routing_key.size() > kMaxShortString) return too_long("the routing key");
  if (message.message_id.size() > kMaxShortString) return too_long("the message id");
  if (message.content_type.size() > kMaxShortString) return too_long("the content type");
  size_t headers = 0;
  for (const auto& [name, value] : message.headers) {
    if (name.size() > kMaxHeaderName) return too_long("a header's name");
    headers += name.size() + value.size();
  }
  if (headers > Encoder::kMaxFrame / 2) return too_long("the headers' text");
  return absl::OkStatus();
}

}  // namespace trellis::amqp
