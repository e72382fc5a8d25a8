#include "services/keytest/rabbitmq_event_stream.h"

#include <boost/asio/async_result.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "services/keytest/event_codec.h"

namespace trellis::keytest {

namespace asio = boost::asio;
using base::Deadline;

namespace {

std::string DeadOf(const std::string& queue) { return queue + ".dead"; }

amqp::Topology EventTopology(const std::string& queue) {
  amqp::Topology topology;
  topology.queues = {{queue,
                      {{"x-queue-type", "quorum"},
                       {"x-delivery-limit", int64_t{kMaxAttempts - 1}},
                       {"x-dead-letter-exchange", ""},
                       {"x-dead-letter-routing-key", DeadOf(queue)},
                       {"x-dead-letter-strategy", "at-least-once"},
                       {"x-overflow", "reject-publish"}}},
                     {DeadOf(queue), {{"x-queue-type", "quorum"}}}};
  return topology;
}

amqp::ConnectionOptions Options(const RabbitMqOptions& options, bool consumes) {
  amqp::ConnectionOptions connection;
  connection.nodes = options.nodes;
  connection.name = options.name;
  connection.topology = EventTopology(options.queue);
  // What fires late for want of a connection is late for all keys.
  connection.reconnect = {base::milliseconds(20), base::milliseconds(300)};
  connection.max_unconfirmed = 16'384;
  if (consumes) {
    connection.queue = options.queue;
    connection.prefetch = static_cast<uint16_t>(options.prefetch);
  }
  return connection;
}

// The publishes of one batch, and the caller who waits for all of them; on one reactor.
struct Batch {
  explicit Batch(size_t count) : statuses(count), left(count) {}
  std::vector<absl::Status> statuses;
  size_t left;
  std::function<void()> resume;
  void Answer(size_t i, absl::Status status) {
    statuses[i] = std::move(status);
    if (--left == 0 && resume) std::exchange(resume, nullptr)();
  }
};

}  // namespace

RabbitMqEventStream::RabbitMqEventStream(const RabbitMqOptions& options)
    : queue_(options.queue),
      publisher_(Options(options, false)),
      consumer_(Options(options, true)) {}

void RabbitMqEventStream::set_on_change(std::function<void(const StreamState&)> on_change) {
  const auto report = [this, on_change = std::move(on_change)](const amqp::ConnectionState&) {
    on_change(state());
  };
  publisher_.set_on_change(report);
  consumer_.set_on_change(report);
}

void RabbitMqEventStream::Start() {
  publisher_.Start();
  consumer_.Start();
}

StreamState RabbitMqEventStream::state() const {
  const amqp::ConnectionState publisher = publisher_.state(), consumer = consumer_.state();
  StreamState state;
  state.connected = publisher.connected && consumer.connected;
  state.fine = state.connected && !publisher.blocked;
  state.detail = "connected to " + publisher.node;
  if (!state.fine) state.detail = consumer.connected ? publisher.detail : consumer.detail;
  return state;
}

asio::awaitable<std::vector<absl::Status>> RabbitMqEventStream::Publish(std::vector<Event> events,
                                                                        Deadline deadline) {
  return PublishTo(queue_, std::move(events), deadline);
}

asio::awaitable<std::vector<absl::Status>> RabbitMqEventStream::PublishDead(
    std::vector<Event> events, Deadline deadline) {
  return PublishTo(DeadOf(queue_), std::move(events), deadline);
}

asio::awaitable<std::vector<absl::Status>> RabbitMqEventStream::PublishTo(std::string queue,
                                                                          std::vector<Event> events,
                                                                          Deadline deadline) {
  const asio::any_io_executor executor = co_await asio::this_coro::executor;
  const auto batch = std::make_shared<Batch>(events.size());
  for (size_t i = 0; i < events.size(); ++i) {
    amqp::Message message;
    message.routing_key = queue;  // through the default exchange
    message.message_id = events[i].run_id + ":" + std::to_string(events[i].n);
    message.content_type = "text/plain";
    message.body = EncodeEvent(events[i]);
    asio::co_spawn(executor, publisher_.Publish(std::move(message), deadline),
                   [batch, i](const std::exception_ptr& thrown, absl::Status status) {
                     if (thrown) status = absl::InternalError("publishing threw");
                     batch->Answer(i, std::move(status));
                   });
  }
  if (batch->left > 0) {
    co_await asio::async_initiate<const asio::use_awaitable_t<>&, void()>(
        [batch](auto handler) {
          const auto shared = std::make_shared<decltype(handler)>(std::move(handler));
          batch->resume = [shared] { std::move (*shared)(); };
        },
        asio::use_awaitable);
  }
  co_return std::move(batch->statuses);
}

asio::awaitable<absl::StatusOr<std::vector<Delivery>>> RabbitMqEventStream::Next(
    int max, Deadline deadline) {
  std::vector<Delivery> deliveries;
  while (deliveries.empty()) {
    absl::StatusOr<amqp::Delivery> first = co_await consumer_.Next(deadline);
    if (!first.ok()) co_return first.status();
    Take(*std::move(first), &deliveries);
  }
  while (deliveries.size() < static_cast<size_t>(max)) {
    std::optional<amqp::Delivery> more = consumer_.TryNext();
    if (!more) break;
    Take(*std::move(more), &deliveries);
  }
  co_return deliveries;
}

void RabbitMqEventStream::Take(amqp::Delivery delivery, std::vector<Delivery>* deliveries) {
  std::optional<Event> event = DecodeEvent(delivery.message.body);
  if (!event) return consumer_.Reject(delivery);
  deliveries->push_back({*std::move(event), static_cast<int>(delivery.delivery_count) + 1,
                         delivery.connection, delivery.tag});
}

void RabbitMqEventStream::Ack(const std::vector<Delivery>& deliveries) {
  for (const Delivery& delivery : deliveries) {
    amqp::Delivery settled;
    settled.connection = delivery.session;
    settled.tag = delivery.tag;
    consumer_.Ack(settled);
  }
}

void RabbitMqEventStream::Retry(const Delivery& delivery) {
  amqp::Delivery settled;
  settled.connection = delivery.session;
  settled.tag = delivery.tag;
  consumer_.Requeue(settled);
}

}  // namespace trellis::keytest
