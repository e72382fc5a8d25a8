#include "services/keytest/stream_settings.h"

#include "services/keytest/nats_event_stream.h"
#include "services/keytest/rabbitmq_event_stream.h"

namespace trellis::keytest {

void StreamSettings::AddTo(base::OptionTable& table) {
  table.AddChoice("event-stream", "EVENT_STREAM", &kind, {"rabbitmq", "nats"},
                  "broker that carries the events");
  table.AddSecret("rabbitmq-urls", "RABBITMQ_URLS", &rabbitmq_urls,
                  "nodes of RabbitMQ: amqp://user:password@host:port/vhost,...");
  table.AddSecret("nats-url", "NATS_URL", &nats_url,
                  "servers of NATS: nats://user:password@host:port,...");
  table.Add("prefetch", "PREFETCH", &prefetch, 1, 65'535, "deliveries that a process holds");
}

absl::StatusOr<std::unique_ptr<EventStream>> StreamSettings::Make(const std::string& name) const {
  if (kind == "nats") {
    const auto servers = nats::ParseServers(nats_url);
    if (!servers.ok()) {
      return base::MakeStatus(servers.status().code(),
                              "NATS_URL: " + base::MessageOf(servers.status()));
    }
    return std::make_unique<NatsEventStream>(NatsOptions{*servers, name, prefetch});
  }
  const auto nodes = amqp::ParseNodes(rabbitmq_urls);
  if (!nodes.ok()) {
    return base::MakeStatus(nodes.status().code(),
                            "RABBITMQ_URLS: " + base::MessageOf(nodes.status()));
  }
  return std::make_unique<RabbitMqEventStream>(RabbitMqOptions{*nodes, name, prefetch});
}

}  // namespace trellis::keytest
