// The consumer process: composition root.
#include <boost/asio/post.hpp>

#include "mesh/app/process.h"
#include "mesh/base/await_on.h"
#include "mesh/base/reactors.h"
#include "mesh/redis/connection.h"
#include "services/keytest/expiry_events.h"
#include "services/keytest/processor.h"
#include "services/keytest/redis_deadline_board.h"
#include "services/keytest/stream_settings.h"
#include "services/keytest/sweeper.h"
#include "services/keytest/tallying_handler.h"

namespace trellis::keytest {
namespace {

using base::milliseconds;

struct Settings {
  app::ProcessOptions process{.name = "keytest-consumer", .ops_addr = "127.0.0.1:9355"};
  redis::ConnectionOptions redis;
  StreamSettings stream;
  DeadlineBoardOptions board;
  SweeperOptions sweeper;
  ProcessorOptions processor;
  std::string sweep = "always";
  std::string handled_key;

  void ParseOrExit(int argc, char** argv) {
    base::OptionTable table("keytest-consumer",
                            "Sees to it that every key of a KeyTest fires, once.");
    table.AddAddress("redis-addr", "REDIS_ADDR", &redis.address, "Redis");
    table.AddSecret("redis-password", "REDIS_PASSWORD", &redis.password, "password for Redis");
    stream.AddTo(table);
    table.Add("claim-visibility", "CLAIM_VISIBILITY", &board.claim_visibility,
              "how long a consumer that died keeps the keys that it had not published");
    table.Add("delivery-visibility", "DELIVERY_VISIBILITY", &board.delivery_visibility,
              "after this time a key that nobody recorded is published again");
    table.Add("max-publishes", "MAX_PUBLISHES", &board.max_publishes, 1, 1000,
              "times that a key is published before it is dead");
    table.Add("max-claimed", "MAX_CLAIMED", &board.max_claimed, 1, 1'000'000,
              "keys that may be published and not recorded, in all processes");
    table.Add("batch", "BATCH", &sweeper.batch, 1, kMaxKeysPerBatch,
              "keys claimed and events processed in one step at most");
    table.Add("retry-delay", "RETRY_DELAY", &processor.retry_delay,
              "before an event whose handler failed is tried again");
    table.Add("effects-key", "EFFECTS_KEY", &board.effects_key,
              "list in Redis that gets the number of every key that was consumed; for tests");
    table.Add("handled-key", "HANDLED_KEY", &handled_key,
              "hash in Redis that counts the handler's calls for each key, outside of the record; "
              "for tests");
    table.AddChoice("sweep", "SWEEP", &sweep, {"always", "on-events"},
                    "on-events: looks for due keys only when Redis tells of an expired one, and "
                    "misses what it does not tell of; for comparison");
    process.AddTo(table);
    table.ParseOrExit(argc, argv);
    processor.batch = sweeper.batch;
    if (board.claim_visibility < milliseconds(100)) {
      Refuse("CLAIM_VISIBILITY must be at least 100ms");
    }
    if (board.delivery_visibility < milliseconds(100)) {
      Refuse("DELIVERY_VISIBILITY must be at least 100ms");
    }
    sweeper.publish_timeout = board.claim_visibility * 3 / 4;
    sweeper.only_when_woken = sweep == "on-events";
    redis.name = "keytest-consumer";
    // What is away for long is looked for often: keys are late by as much.
    redis.reconnect.cap = milliseconds(200);
  }

  [[noreturn]] static void Refuse(const char* what) {
    std::fprintf(stderr, "keytest-consumer: %s\n", what);
    std::exit(2);
  }
};

int Main(int argc, char** argv) {
  Settings settings;
  settings.ParseOrExit(argc, argv);
  app::Process process(settings.process);
  base::Reactors reactors(1);
  const auto executor = reactors[0].get_executor();
  app::Readiness& readiness = process.readiness();

  redis::Connection redis(executor, settings.redis);
  const std::string address = settings.redis.address;
  readiness.Set("redis", false, "connecting to " + address);
  redis.set_on_change([&](bool connected, const std::string& reason) {
    readiness.Set("redis", connected, connected ? "connected to " + address : reason);
  });

  readiness.Set("event-stream", false, "connecting");
  auto stream = settings.stream.Make("keytest-consumer");
  if (!stream.ok()) process.Fail(base::MessageOf(stream.status()));
  (*stream)->set_on_change([&readiness](const StreamState& state) {
    readiness.Set("event-stream", state.fine, state.detail);
  });

  RedisDeadlineBoard board(redis, settings.board);
  ConsumerMetrics metrics(process.metrics());
  std::unique_ptr<ExpiryHandler> handler = std::make_unique<CountingHandler>();
  if (!settings.handled_key.empty()) {
    handler = std::make_unique<TallyingHandler>(redis, settings.handled_key);
  }
  Sweeper sweeper(executor, board, **stream, metrics, settings.sweeper);
  Processor processor(executor, **stream, board, *handler, metrics, settings.processor);
  // Can be done without: sweeps are enough.
  readiness.Inform("expired-events", false, "connecting to " + address);
  ExpiryEvents events(
      executor, settings.redis, redis, metrics, [&sweeper] { sweeper.Wake(); },
      [&readiness](bool subscribed, const std::string& reason) {
        readiness.Inform("expired-events", subscribed, subscribed ? "subscribed" : reason);
      });
  boost::asio::post(executor, [&] {
    sweeper.Start();
    processor.Start();
  });
  (*stream)->Start();
  reactors.Start();

  return process.RunUntilSignal([&](base::Deadline deadline) {
    bool ended = base::AwaitOn(executor, sweeper.Stop(deadline));
    (*stream)->StopConsuming();
    ended = base::AwaitOn(executor, processor.Stop(deadline)) && ended;
    (*stream)->Flush(deadline);
    reactors.Stop();
    return ended;
  });
}

}  // namespace
}  // namespace trellis::keytest

int main(int argc, char** argv) { return trellis::keytest::Main(argc, argv); }
