// The service process: composition root.
#include <grpcpp/impl/codegen/service_type.h>

#include <boost/asio/post.hpp>

#include "mesh/app/process.h"
#include "mesh/base/await_on.h"
#include "mesh/base/reactors.h"
#include "mesh/resilience/metrics.h"
#include "mesh/rpc/options.h"
#include "mesh/rpc/server.h"
#include "services/weather/redis_circuit_switch.h"
#include "services/weather/redis_request_channel.h"
#include "services/weather/stream_settings.h"
#include "services/weather/weather_service.h"

namespace trellis::weather {
namespace {

struct Settings {
  app::ProcessOptions process{.name = "weather", .ops_addr = "127.0.0.1:9053"};
  rpc::ServerOptions server{.address = "127.0.0.1:50053"};
  rpc::RuntimeOptions runtime;
  StreamSettings streams;
  std::string reply_prefix = "weather-responses";
  std::string instance = ProcessId();
  int depth_limit = 100'000;
  milliseconds reply_ttl{30'000};
  IngressOptions ingress;
  resilience::CircuitBreakerOptions circuit{.name = "weather", .open_time = milliseconds(2000)};
  int failure_percent = 50, slow_percent = 80;
  resilience::ConcurrencyLimiterOptions limiter{.name = "weather", .initial = 100, .tolerance = 2};
  int reactors = 1;

  void ParseOrExit(int argc, char** argv) {
    base::OptionTable table("weather", "The Weather service: asks workers over Redis Streams.");
    table.AddAddress("rpc-addr", "RPC_ADDR", &server.address, "where gRPC is served");
    streams.AddTo(table);
    table.Add("response-stream", "RESPONSE_STREAM", &reply_prefix,
              "replies come over the stream of this name, a colon and the instance");
    table.Add("instance-id", "INSTANCE_ID", &instance, "unique among the instances that run");
    table.Add("depth-limit", "STREAM_DEPTH_LIMIT", &depth_limit, 1, 100'000'000,
              "requests that the stream may hold; further ones get RESOURCE_EXHAUSTED");
    table.Add("reply-ttl", "REPLY_TTL", &reply_ttl,
              "how long the reply stream of an instance that died stays");
    table.Add("call-timeout", "CALL_TIMEOUT", &ingress.call_timeout,
              "longest time that a worker has to answer");
    table.Add("retry-base", "RETRY_BASE", &ingress.retry.base,
              "backoff before the first retry; doubles each time, with full jitter");
    table.Add("retry-cap", "RETRY_CAP", &ingress.retry.cap, "longest backoff");
    table.Add("max-attempts", "MAX_ATTEMPTS", &ingress.max_attempts, 1, 100,
              "times that a request is sent at most");
    AddResilience(table);
    table.Add("reactors", "REACTORS", &reactors, 1, 64,
              "event loops, a thread, a reply stream and two Redis connections each");
    rpc::AddOptions(table, server, runtime);
    process.AddTo(table);
    table.ParseOrExit(argc, argv);
    CheckNameOrExit("weather", "REQUEST_STREAM", streams.request_stream);
    CheckNameOrExit("weather", "CONSUMER_GROUP", streams.group);
    CheckNameOrExit("weather", "RESPONSE_STREAM", reply_prefix);
    CheckNameOrExit("weather", "INSTANCE_ID", instance);
    if (reply_ttl < milliseconds(5000)) Refuse("REPLY_TTL must be at least 5s");
    if (limiter.min > limiter.max) Refuse("LIMIT_MIN must not be above LIMIT_MAX");
    circuit.failure_rate = failure_percent / 100.0;
    circuit.slow_rate = slow_percent / 100.0;
    // A probe ends by the end of its call.
    circuit.probe_lease = ingress.call_timeout + milliseconds(1000);
    limiter.initial = std::clamp(limiter.initial, limiter.min, limiter.max);
  }

  void AddResilience(base::OptionTable& table) {
    table.Add("circuit-window", "CIRCUIT_WINDOW", &circuit.window,
              "how long the circuit breaker remembers calls");
    table.Add("circuit-minimum-calls", "CIRCUIT_MINIMUM_CALLS", &circuit.minimum_calls, 1,
              1'000'000, "fewer calls in the window never open the circuit");
    table.Add("circuit-failure-percent", "CIRCUIT_FAILURE_PERCENT", &failure_percent, 1, 101,
              "this share of failures opens the circuit; 101: never");
    table.Add("circuit-slow-percent", "CIRCUIT_SLOW_PERCENT", &slow_percent, 1, 101,
              "this share of slow calls opens it; 101: never");
    table.Add("circuit-slow-call", "CIRCUIT_SLOW_CALL", &circuit.slow_call,
              "a call that takes longer is slow");
    table.Add("circuit-open-time", "CIRCUIT_OPEN_TIME", &circuit.open_time,
              "how long an open circuit refuses calls before it tries a few");
    table.Add("circuit-probes", "CIRCUIT_PROBES", &circuit.probes, 1, 1000,
              "calls at a time that a half-open circuit tries");
    table.Add("limit-min", "LIMIT_MIN", &limiter.min, 1, 1'000'000,
              "calls in flight that are always admitted");
    table.Add("limit-initial", "LIMIT_INITIAL", &limiter.initial, 1, 1'000'000,
              "calls in flight that are admitted at first");
    table.Add("limit-max", "LIMIT_MAX", &limiter.max, 1, 1'000'000,
              "calls in flight that are never exceeded");
    table.Add("limit-quick", "LIMIT_QUICK", &ingress.quick,
              "latency up to this never lowers the limit");
  }

  [[noreturn]] static void Refuse(const char* what) {
    std::fprintf(stderr, "weather: %s\n", what);
    std::exit(2);
  }

  [[nodiscard]] ChannelOptions ChannelOf(size_t reactor) const {
    // Each reactor waits for its own replies; the first one's stream has the plain name.
    const std::string suffix = reactor == 0 ? "" : "." + std::to_string(reactor);
    ChannelOptions options;
    options.send = {streams.request_stream, reply_prefix + ":" + instance + suffix, depth_limit};
    options.group = streams.group;
    options.reply_ttl = reply_ttl;
    return options;
  }
};

// What all reactors share.
struct Shared {
  Shared(telemetry::Metrics& metrics, const Settings& settings)
      : circuit_metrics(metrics, "weather"),
        limiter_metrics(metrics, "weather"),
        channel_metrics(metrics),
        ingress_metrics(metrics),
        breaker(settings.circuit, clock, &circuit_metrics),
        limiter(settings.limiter, clock, &limiter_metrics) {}
  base::SystemClock clock;
  resilience::CircuitMetrics circuit_metrics;
  resilience::LimiterMetrics limiter_metrics;
  ChannelMetrics channel_metrics;
  IngressMetrics ingress_metrics;
  resilience::CircuitBreaker breaker;
  resilience::ConcurrencyLimiter limiter;
};

// What one reactor has of its own.
struct PerReactor {
  PerReactor(boost::asio::any_io_executor executor, const Settings& settings, size_t reactor,
             Shared& shared)
      : commands(executor, settings.streams.redis),
        blocking(executor, settings.streams.redis, redis::ConnectionMode::kBlocking),
        channel(executor, commands, blocking, shared.channel_metrics, settings.ChannelOf(reactor)),
        ingress(channel, shared.breaker, shared.limiter, shared.clock, shared.ingress_metrics,
                settings.ingress) {}

  // Ready once a call can be made and its reply read. On the reactor, before its first turn.
  void ReportTo(app::Readiness& readiness, std::string dependency, std::string address) {
    const auto report = [this, &readiness, dependency, address](const std::string& reason) {
      const bool connected = commands.connected() && blocking.connected();
      const bool ready = connected && channel.open();
      std::string detail = "connected to " + address;
      if (!ready) detail = connected ? "the reply stream cannot be made" : reason;
      readiness.Set(dependency, ready, detail);
    };
    const std::string connecting = "connecting to " + address;
    report(connecting);
    commands.set_on_change([this, report, connecting](bool up, const std::string& reason) {
      if (up) channel.OnConnected();
      report(up ? connecting : reason);
    });
    blocking.set_on_change([report, connecting](bool up, const std::string& reason) {
      report(up ? connecting : reason);
    });
    channel.set_on_change([report, connecting] { report(connecting); });
  }

  redis::Connection commands;
  redis::Connection blocking;
  RedisRequestChannel channel;
  Ingress ingress;
};

int Main(int argc, char** argv) {
  Settings settings;
  settings.ParseOrExit(argc, argv);
  app::Process process(settings.process);
  base::Reactors reactors(settings.reactors);
  Shared shared(process.metrics(), settings);

  settings.streams.redis.name = "weather";
  std::vector<std::unique_ptr<PerReactor>> shards;
  for (size_t i = 0; i < reactors.size(); ++i) {
    shards.push_back(std::make_unique<PerReactor>(reactors[i].get_executor(), settings, i, shared));
  }
  // One is enough: the reactors share the breaker.
  RedisCircuitSwitch circuit_switch(reactors[0].get_executor(), shards[0]->commands,
                                    settings.streams.request_stream + ":circuit", shared.breaker);
  boost::asio::post(reactors[0], [&circuit_switch] { circuit_switch.Start(); });
  WeatherPorts ports{.ingresses = {},
                     .streams = {},
                     .circuit_switch = circuit_switch,
                     .breaker = shared.breaker,
                     .limiter = shared.limiter,
                     .instance = settings.instance};
  const std::string address = settings.streams.redis.address;
  for (size_t i = 0; i < reactors.size(); ++i) {
    PerReactor& shard = *shards[i];
    ports.ingresses.push_back(&shard.ingress);
    ports.streams.push_back(&shard.channel);
    const std::string dependency = i == 0 ? "redis" : "redis-" + std::to_string(i);
    shard.ReportTo(process.readiness(), dependency, address);
    boost::asio::post(reactors[i], [&shard] { shard.channel.Start(); });
  }

  rpc::Runtime runtime(reactors, process.metrics(), settings.runtime);
  const std::unique_ptr<grpc::Service> service = MakeWeatherService(runtime, ports);
  rpc::Server server(settings.server, {service.get()}, {kWeatherServiceName});
  process.readiness().set_on_change([&server](bool ready) { server.SetServing(ready); });
  if (absl::Status status = server.Start(); !status.ok()) {
    process.Fail("RPC_ADDR: " + base::MessageOf(status));
  }
  process.LogListening("grpc", server.port());
  reactors.Start();

  return process.RunUntilSignal([&](base::Deadline deadline) {
    server.Drain(deadline);
    bool ended = runtime.in_flight() == 0;
    for (size_t i = 0; i < reactors.size(); ++i) {
      ended = base::AwaitOn(reactors[i].get_executor(), shards[i]->channel.Stop(deadline)) && ended;
    }
    reactors.Stop();
    return ended;
  });
}

}  // namespace
}  // namespace trellis::weather

int main(int argc, char** argv) { return trellis::weather::Main(argc, argv); }
