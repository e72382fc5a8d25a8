#include "services/keytest/nats_event_stream.h"

#include <utility>

#include "services/keytest/event_codec.h"

namespace trellis::keytest {

namespace asio = boost::asio;
using base::Deadline;
using base::milliseconds;

namespace {

constexpr std::chrono::hours kMaxAge{24};
constexpr milliseconds kAckWait{5000};

nats::ConnectionOptions Options(const NatsOptions& options) {
  nats::ConnectionOptions connection;
  connection.servers = options.servers;
  connection.name = options.name;
  connection.streams = {
      {NatsEventStream::kStream, {NatsEventStream::kSubject}, nats::Retention::kWorkQueue, kMaxAge},
      {NatsEventStream::kDeadStream, {NatsEventStream::kDeadSubject}}};
  connection.consumer =
      nats::DurableConsumer{NatsEventStream::kStream, NatsEventStream::kConsumer, kAckWait,
                            kMaxAttempts, NatsEventStream::kDeadSubject};
  connection.prefetch = options.prefetch;
  // What fires late for want of a connection is late for all keys.
  connection.reconnect = {milliseconds(20), milliseconds(300)};
  return connection;
}

StreamState StateOf(const nats::ConnectionState& connection) {
  StreamState state;
  state.connected = connection.connected;
  state.fine = connection.connected && !connection.refused;
  state.detail = state.fine ? "connected to " + connection.server : connection.detail;
  return state;
}

std::vector<nats::Message> MessagesOf(const std::vector<Event>& events, const char* subject) {
  std::vector<nats::Message> messages;
  messages.reserve(events.size());
  for (const Event& event : events) messages.push_back({subject, EncodeEvent(event)});
  return messages;
}

nats::Delivery Raw(const Delivery& delivery) {
  nats::Delivery raw;
  raw.attempt = delivery.attempt;
  raw.session = delivery.session;
  raw.tag = delivery.tag;
  return raw;
}

}  // namespace

NatsEventStream::NatsEventStream(const NatsOptions& options) : connection_(Options(options)) {}

void NatsEventStream::set_on_change(std::function<void(const StreamState&)> on_change) {
  connection_.set_on_change(
      [on_change = std::move(on_change)](const nats::ConnectionState& connection) {
        on_change(StateOf(connection));
      });
}

StreamState NatsEventStream::state() const { return StateOf(connection_.state()); }

asio::awaitable<std::vector<absl::Status>> NatsEventStream::Publish(std::vector<Event> events,
                                                                    Deadline deadline) {
  std::vector<nats::Message> messages = MessagesOf(events, kSubject);
  co_return co_await connection_.Publish(std::move(messages), deadline);
}

asio::awaitable<std::vector<absl::Status>> NatsEventStream::PublishDead(std::vector<Event> events,
                                                                        Deadline deadline) {
  std::vector<nats::Message> messages = MessagesOf(events, kDeadSubject);
  co_return co_await connection_.Publish(std::move(messages), deadline);
}

asio::awaitable<absl::StatusOr<std::vector<Delivery>>> NatsEventStream::Next(int max,
                                                                             Deadline deadline) {
  std::vector<Delivery> deliveries;
  while (deliveries.empty()) {
    const absl::StatusOr<std::vector<nats::Delivery>> taken =
        co_await connection_.Next(max, deadline);
    if (!taken.ok()) co_return taken.status();
    deliveries.reserve(taken->size());
    for (const nats::Delivery& raw : *taken) {
      std::optional<Event> event = DecodeEvent(raw.data);
      if (!event) {
        connection_.Bury(raw);
        continue;
      }
      deliveries.push_back(
          {*std::move(event), static_cast<int>(raw.attempt), raw.session, raw.tag});
    }
  }
  co_return deliveries;
}

void NatsEventStream::Ack(const std::vector<Delivery>& deliveries) {
  std::vector<nats::Delivery> settled;
  settled.reserve(deliveries.size());
  for (const Delivery& delivery : deliveries) settled.push_back(Raw(delivery));
  connection_.Ack(settled);
}

void NatsEventStream::Retry(const Delivery& delivery) {
  nats::Delivery raw = Raw(delivery);
  if (delivery.attempt < kMaxAttempts) return connection_.Retry(raw);
  raw.data = EncodeEvent(delivery.event);
  connection_.Bury(raw);
}

}  // namespace trellis::keytest
