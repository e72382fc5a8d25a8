#include "mesh/amqp/impl/session.h"

#include <poll.h>

#include <charconv>

#include "mesh/amqp/impl/channels.h"

namespace trellis::amqp {

using base::SteadyTime;
using std::chrono::steady_clock;

namespace {

// Reads of one turn, so that publishes go out in between while deliveries pour in.
constexpr int kReadsPerTurn = 4;

absl::Status Unavailable(const std::string& why) {
  return base::MakeStatus(absl::StatusCode::kUnavailable, why);
}

Delivery ContentOf(uint64_t connection, uint64_t tag, amqp_bytes_t exchange,
                   amqp_bytes_t routing_key) {
  Delivery content;
  content.connection = connection;
  content.tag = tag;
  content.message.exchange = View(exchange);
  content.message.routing_key = View(routing_key);
  return content;
}

}  // namespace

Session::Session(const ConnectionOptions& options, bool consume, uint64_t id, SessionEvents* events)
    : options_(options),
      consume_(consume),
      id_(id),
      events_(events),
      encoder_(socket_.out()),
      give_up_(steady_clock::now() + options.connect_timeout),
      last_received_(steady_clock::now()),
      last_sent_(last_received_) {}

absl::Status Session::Start(const Node& node) {
  node_ = node;
  return socket_.Connect(node.host, node.port);
}

absl::Status Session::OnEvents(short revents) {
  if (revents == 0) return absl::OkStatus();
  if (socket_.connecting()) {
    absl::Status connected = socket_.FinishConnect();
    if (!connected.ok() || socket_.connecting()) return connected;
    encoder_.Header();
    step_ = Step::kStart;
    return Flush();
  }
  for (int i = 0; i < kReadsPerTurn; ++i) {
    const auto data = socket_.Read();
    if (!data.ok()) return data.status();
    if (data->empty()) break;
    last_received_ = steady_clock::now();
    absl::Status status = ReadFrames(*data);
    if (!status.ok()) return status;
    if (data->size() < Socket::kReadChunk) break;  // that was all
  }
  return Flush();
}

absl::Status Session::Flush() {
  const uint64_t before = socket_.flushed();
  absl::Status status = socket_.Flush();
  if (socket_.flushed() != before) last_sent_ = steady_clock::now();
  return status;
}

SteadyTime Session::NextTimer() const {
  if (!ready()) return give_up_;
  if (heartbeat_.count() == 0) return SteadyTime::max();
  return std::min(last_sent_ + heartbeat_ / 2, last_received_ + 2 * heartbeat_);
}

absl::Status Session::OnTimer(SteadyTime now) {
  if (!ready()) {
    return now >= give_up_ ? Unavailable(NoAnswer()) : absl::OkStatus();
  }
  if (heartbeat_.count() == 0) return absl::OkStatus();
  if (now >= last_received_ + 2 * heartbeat_) {
    // What is in the socket already counts: this thread may have been the one that was late.
    const SteadyTime heard = last_received_;
    absl::Status status = OnEvents(POLLIN);
    if (!status.ok()) return status;
    if (last_received_ == heard) return Unavailable("no heartbeat from the broker");
  }
  if (now >= last_sent_ + heartbeat_ / 2) {
    // What waits to be sent is a sign of life itself once the broker reads it.
    if (socket_.unsent() == 0) encoder_.Heartbeat();
    last_sent_ = now;
  }
  return Flush();
}

absl::Status Session::ReadFrames(std::string_view data) {
  while (!data.empty()) {
    amqp_frame_t frame;
    if (!decoder_.Next(&data, &frame)) return Unavailable("broken protocol");
    if (frame.frame_type == 0) return absl::OkStatus();
    absl::Status status = OnFrame(frame);
    decoder_.Release(frame);
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

absl::Status Session::OnFrame(const amqp_frame_t& frame) {
  Assembler& assembler = frame.channel == kPublishChannel ? returned_ : delivered_;
  switch (frame.frame_type) {
    case AMQP_FRAME_HEARTBEAT:
      return absl::OkStatus();
    case AMQP_FRAME_METHOD:
      return OnMethod(frame.channel, frame.payload.method);
    case AMQP_FRAME_HEADER:
      if (!assembler.Header(frame)) return Unavailable("an unexpected content header");
      break;
    case AMQP_FRAME_BODY:
      if (!assembler.Body(frame)) return Unavailable("an unexpected content body");
      break;
    default:  // the broker's version, in place of an answer
      return Unavailable("the broker does not speak AMQP 0-9-1");
  }
  if (auto content = assembler.Take()) OnContent(std::move(*content));
  return absl::OkStatus();
}

void Session::OnContent(Delivery content) {
  if (content.tag != 0 && left_) return events_->OnGot(Got{std::move(content), *left_});
  if (content.tag != 0) return events_->OnDelivery(std::move(content));
  const std::string& id = returned_.correlation_id();
  uint64_t tag = 0;
  std::from_chars(id.data(), id.data() + id.size(), tag);
  events_->OnReturned(tag, "no queue is bound to '" + content.message.exchange + "' for '" +
                               content.message.routing_key + "'");
}

absl::Status Session::OnMethod(amqp_channel_t channel, const amqp_method_t& method) {
  if (channel == 0) return OnConnectionMethod(method);
  switch (method.id) {
    case AMQP_BASIC_ACK_METHOD: {
      const auto& ack = *static_cast<amqp_basic_ack_t*>(method.decoded);
      events_->OnConfirm(ack.delivery_tag, ack.multiple != 0, true);
      return absl::OkStatus();
    }
    case AMQP_BASIC_NACK_METHOD: {
      const auto& nack = *static_cast<amqp_basic_nack_t*>(method.decoded);
      events_->OnConfirm(nack.delivery_tag, nack.multiple != 0, false);
      return absl::OkStatus();
    }
    case AMQP_BASIC_RETURN_METHOD: {
      const auto& returned = *static_cast<amqp_basic_return_t*>(method.decoded);
      returned_.Begin(ContentOf(id_, 0, returned.exchange, returned.routing_key));
      return absl::OkStatus();
    }
    case AMQP_BASIC_DELIVER_METHOD: {
      const auto& deliver = *static_cast<amqp_basic_deliver_t*>(method.decoded);
      delivered_.Begin(ContentOf(id_, deliver.delivery_tag, deliver.exchange, deliver.routing_key));
      left_.reset();
      return absl::OkStatus();
    }
    case AMQP_BASIC_GET_OK_METHOD: {
      const auto& got = *static_cast<amqp_basic_get_ok_t*>(method.decoded);
      delivered_.Begin(ContentOf(id_, got.delivery_tag, got.exchange, got.routing_key));
      left_ = got.message_count;
      return absl::OkStatus();
    }
    case AMQP_BASIC_GET_EMPTY_METHOD:
      events_->OnGot(std::nullopt);
      return absl::OkStatus();
    case AMQP_BASIC_CANCEL_METHOD:
      // Connecting again declares the queue again.
      return Unavailable("the broker cancelled the consumer: its queue is gone");
    case AMQP_BASIC_CANCEL_OK_METHOD:
      events_->OnConsumerCancelled();
      return absl::OkStatus();
    case AMQP_CHANNEL_CLOSE_METHOD: {
      const auto& close = *static_cast<amqp_channel_close_t*>(method.decoded);
      return Unavailable("channel closed by the broker: " + std::string(View(close.reply_text)));
    }
    default:
      OnReply(channel);
      return absl::OkStatus();
  }
}

absl::Status Session::OnConnectionMethod(const amqp_method_t& method) {
  switch (method.id) {
    case AMQP_CONNECTION_CLOSE_METHOD: {
      const auto& close = *static_cast<amqp_connection_close_t*>(method.decoded);
      const std::string why(View(close.reply_text));
      amqp_connection_close_ok_t answer{};
      encoder_.Method(0, AMQP_CONNECTION_CLOSE_OK_METHOD, &answer);
      (void)Flush();
      return Unavailable("closed by the broker: " + why);
    }
    case AMQP_CONNECTION_CLOSE_OK_METHOD:
      step_ = Step::kClosed;
      return absl::OkStatus();
    case AMQP_CONNECTION_BLOCKED_METHOD:
      events_->OnBlocked(
          std::string(View(static_cast<amqp_connection_blocked_t*>(method.decoded)->reason)));
      return absl::OkStatus();
    case AMQP_CONNECTION_UNBLOCKED_METHOD:
      events_->OnUnblocked();
      return absl::OkStatus();
    default:
      return OnHandshakeMethod(method);
  }
}

bool Session::Publish(uint64_t tag, const Message& message) {
  return encoder_.Publish(kPublishChannel, tag, message);
}

void Session::Get(const std::string& queue) {
  amqp_basic_get_t method{};
  method.queue = Bytes(queue);
  encoder_.Method(kConsumeChannel, AMQP_BASIC_GET_METHOD, &method);
}

void Session::Ack(uint64_t tag, bool multiple) {
  amqp_basic_ack_t method{};
  method.delivery_tag = tag;
  method.multiple = multiple ? 1 : 0;
  encoder_.Method(kConsumeChannel, AMQP_BASIC_ACK_METHOD, &method);
}

void Session::Reject(uint64_t tag, bool requeue) {
  amqp_basic_reject_t method{};
  method.delivery_tag = tag;
  method.requeue = requeue ? 1 : 0;
  encoder_.Method(kConsumeChannel, AMQP_BASIC_REJECT_METHOD, &method);
}

void Session::CancelConsumer() {
  amqp_basic_cancel_t method{};
  method.consumer_tag = Bytes(kConsumerTag);
  encoder_.Method(kConsumeChannel, AMQP_BASIC_CANCEL_METHOD, &method);
}

void Session::Close() {
  amqp_connection_close_t method{};
  method.reply_code = AMQP_REPLY_SUCCESS;
  method.reply_text = Bytes("done");
  encoder_.Method(0, AMQP_CONNECTION_CLOSE_METHOD, &method);
  step_ = Step::kClosing;
}

}  // namespace trellis::amqp
