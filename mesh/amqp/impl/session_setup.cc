// How a session gets ready: the handshake, then its channels, the topology and the consumer.
#include <amqp.h>

#include <algorithm>

#include "mesh/amqp/impl/channels.h"
#include "mesh/amqp/impl/session.h"

namespace trellis::amqp {
namespace {

constexpr uint16_t kMaxChannels = 16;

absl::Status Unavailable(const std::string& why) {
  return base::MakeStatus(absl::StatusCode::kUnavailable, why);
}

bool HasWord(std::string_view text, std::string_view word) {
  while (!text.empty()) {
    const size_t space = std::min(text.find(' '), text.size());
    if (text.substr(0, space) == word) return true;
    text.remove_prefix(std::min(space + 1, text.size()));
  }
  return false;
}

// What the broker may do only to clients that say they know it.
Table Capabilities() {
  Table table;
  table.AddFlag("publisher_confirms", true);
  table.AddFlag("basic.nack", true);
  table.AddFlag("connection.blocked", true);
  table.AddFlag("consumer_cancel_notify", true);
  table.AddFlag("authentication_failure_close", true);
  return table;
}

}  // namespace

absl::Status Session::OnHandshakeMethod(const amqp_method_t& method) {
  if (method.id == AMQP_CONNECTION_START_METHOD && step_ == Step::kStart) {
    return OnStart(*static_cast<amqp_connection_start_t*>(method.decoded));
  }
  if (method.id == AMQP_CONNECTION_TUNE_METHOD && step_ == Step::kTune) {
    OnTune(*static_cast<amqp_connection_tune_t*>(method.decoded));
    return absl::OkStatus();
  }
  if (method.id == AMQP_CONNECTION_OPEN_OK_METHOD && step_ == Step::kOpen) {
    SetUp();
    return absl::OkStatus();
  }
  const char* const name = amqp_method_name(method.id);
  return Unavailable("unexpected " + std::string(name != nullptr ? name : "method"));
}

absl::Status Session::OnStart(const amqp_connection_start_t& start) {
  if (!HasWord(View(start.mechanisms), "PLAIN")) {
    return Unavailable("the broker does not take passwords (PLAIN)");
  }
  Table properties;
  properties.AddText("product", "trellis");
  if (!options_.name.empty()) {
    properties.AddText("connection_name", options_.name);
  }
  properties.AddTable("capabilities", Capabilities());
  const std::string response = std::string(1, '\0') + node_.user + '\0' + node_.password;
  amqp_connection_start_ok_t answer{};
  answer.client_properties = properties.view();
  answer.mechanism = Bytes("PLAIN");
  answer.response = Bytes(response);
  answer.locale = Bytes("en_US");
  encoder_.Method(0, AMQP_CONNECTION_START_OK_METHOD, &answer);
  step_ = Step::kTune;
  return absl::OkStatus();
}

void Session::OnTune(const amqp_connection_tune_t& tune) {
  const uint32_t offered = tune.frame_max == 0 ? Encoder::kMaxFrame : tune.frame_max;
  const uint32_t frame_max = std::min<uint32_t>(offered, Encoder::kMaxFrame);
  encoder_.set_max_frame(frame_max);
  decoder_.set_max_frame(frame_max);
  heartbeat_ = std::chrono::seconds(options_.heartbeat_seconds);
  amqp_connection_tune_ok_t answer{};
  answer.channel_max =
      tune.channel_max == 0 ? kMaxChannels : std::min(tune.channel_max, kMaxChannels);
  answer.frame_max = frame_max;
  answer.heartbeat = static_cast<uint16_t>(options_.heartbeat_seconds);
  encoder_.Method(0, AMQP_CONNECTION_TUNE_OK_METHOD, &answer);
  amqp_connection_open_t open{};
  open.virtual_host = Bytes(node_.vhost);
  encoder_.Method(0, AMQP_CONNECTION_OPEN_METHOD, &open);
  step_ = Step::kOpen;
}

void Session::Request(amqp_channel_t channel, amqp_method_number_t id, void* method,
                      std::string what) {
  encoder_.Method(channel, id, method);
  awaited_replies_.push_back({channel, std::move(what)});
}

// All of it leaves in one write; ready once as many answers have come.
void Session::SetUp() {
  step_ = Step::kSetUp;
  amqp_channel_open_t open{};
  Request(kPublishChannel, AMQP_CHANNEL_OPEN_METHOD, &open, "opening a channel");
  amqp_confirm_select_t select{};
  Request(kPublishChannel, AMQP_CONFIRM_SELECT_METHOD, &select, "asking for confirms");
  Request(kConsumeChannel, AMQP_CHANNEL_OPEN_METHOD, &open, "opening a channel");
  DeclareTopology();
  if (!consume_) return;
  amqp_basic_qos_t qos{};
  qos.prefetch_count = options_.prefetch;
  Request(kConsumeChannel, AMQP_BASIC_QOS_METHOD, &qos, "setting the prefetch");
  amqp_basic_consume_t consume{};
  consume.queue = Bytes(options_.queue);
  consume.consumer_tag = Bytes(kConsumerTag);
  Request(kConsumeChannel, AMQP_BASIC_CONSUME_METHOD, &consume,
          "consuming from queue " + options_.queue);
}

void Session::DeclareTopology() {
  const Topology& topology = options_.topology;
  for (const Exchange& exchange : topology.exchanges) {
    amqp_exchange_declare_t declare{};
    declare.exchange = Bytes(exchange.name);
    declare.type = Bytes(exchange.type);
    declare.durable = 1;
    Request(kConsumeChannel, AMQP_EXCHANGE_DECLARE_METHOD, &declare,
            "declaring exchange " + exchange.name);
  }
  for (const Queue& queue : topology.queues) {
    Table arguments = Table::Of(queue.arguments);
    amqp_queue_declare_t declare{};
    declare.queue = Bytes(queue.name);
    declare.durable = 1;
    declare.arguments = arguments.view();
    Request(kConsumeChannel, AMQP_QUEUE_DECLARE_METHOD, &declare, "declaring queue " + queue.name);
  }
  for (const Binding& binding : topology.bindings) {
    amqp_queue_bind_t bind{};
    bind.queue = Bytes(binding.queue);
    bind.exchange = Bytes(binding.exchange);
    bind.routing_key = Bytes(binding.routing_key);
    Request(kConsumeChannel, AMQP_QUEUE_BIND_METHOD, &bind, "binding queue " + binding.queue);
  }
}

void Session::OnReply(amqp_channel_t channel) {
  if (step_ != Step::kSetUp) return;
  const auto answered =
      std::find_if(awaited_replies_.begin(), awaited_replies_.end(),
                   [&](const AwaitedReply& awaited) { return awaited.channel == channel; });
  if (answered != awaited_replies_.end()) awaited_replies_.erase(answered);
  if (!awaited_replies_.empty()) return;
  step_ = Step::kReady;
  events_->OnReady();
}

std::string Session::NoAnswer() const {
  if (step_ != Step::kSetUp) return "no answer in time";
  return "no answer in time to " + awaited_replies_.front().to;
}

}  // namespace trellis::amqp
