// The service process: composition root.
#include <grpcpp/impl/codegen/service_type.h>

#include <boost/asio/post.hpp>

#include "mesh/app/process.h"
#include "mesh/base/await_on.h"
#include "mesh/base/options.h"
#include "mesh/base/periodic.h"
#include "mesh/postgres/migrate_at_start.h"
#include "mesh/postgres/pool.h"
#include "mesh/redis/cluster.h"
#include "mesh/redis/cluster_metrics.h"
#include "mesh/resilience/metrics.h"
#include "mesh/rpc/options.h"
#include "mesh/rpc/server.h"
#include "services/post/cache_auditor.h"
#include "services/post/invalidation_sweeper.h"
#include "services/post/limited_post_store.h"
#include "services/post/post_service.h"
#include "services/post/postgres_invalidation_outbox.h"
#include "services/post/postgres_post_store.h"
#include "services/post/redis_invalidator.h"
#include "services/post/redis_object_cache.h"
#include "services/post/redis_page_cache.h"
#include "services/post/schema.h"

namespace trellis::post {
namespace {

using base::milliseconds;

// Reads from Postgres at a time, at first: pages go cold together, and the queue of the pool is
// short work for it.
constexpr int kColdReads = 256;

struct Settings {
  app::ProcessOptions process{.name = "post", .ops_addr = "127.0.0.1:9054"};
  rpc::ServerOptions server{.address = "127.0.0.1:50054"};
  rpc::RuntimeOptions runtime;
  std::string cluster_addresses = "127.0.0.1:17001";
  redis::ClusterOptions cluster;
  postgres::PoolOptions postgres{.application_name = "post", .connections = 8, .keep_plans = true};
  CacheSettings cache;
  PageReaderOptions pages;
  PostWriterOptions writer;
  SweeperOptions sweeper;
  milliseconds sweep_period{500};
  AuditorOptions auditor;
  milliseconds audit_period{1'000};
  int local_megabytes = 64;
  int reactors = 1;
  std::string fill_check = "on";

  void ParseOrExit(int argc, char** argv) {
    base::OptionTable table("post", "The Post service: users and posts behind a cache, over gRPC.");
    table.AddAddress("rpc-addr", "RPC_ADDR", &server.address, "where gRPC is served");
    table.Add("redis-cluster-addrs", "REDIS_CLUSTER_ADDRS", &cluster_addresses,
              "nodes of the Redis Cluster to begin with: host:port,host:port");
    table.AddSecret("redis-password", "REDIS_PASSWORD", &cluster.connection.password,
                    "password for Redis");
    table.AddSecret("db-url", "DB_URL", &postgres.url,
                    "Postgres: postgresql://user:password@host:port/db");
    table.Add("db-connections", "DB_CONNECTIONS", &postgres.connections, 1, 1000,
              "connections to Postgres, a thread each");
    table.Add("page-lifetime", "PAGE_LIFETIME", &cache.page_lifetime,
              "how long a list of posts stays in Redis");
    table.Add("object-lifetime", "OBJECT_LIFETIME", &cache.object_lifetime,
              "how long a post stays in Redis");
    table.Add("fill-lease", "FILL_LEASE", &cache.lease,
              "how long one reader may take to fill in a page before another tries");
    table.Add("local-cache-mb", "LOCAL_CACHE_MB", &local_megabytes, 0, 65'536,
              "memory for the pages that are read most, over all reactors; 0: none");
    table.Add("write-patience", "WRITE_PATIENCE", &writer.patience,
              "how long a write waits for Redis before it is refused");
    table.Add("sweep-period", "SWEEP_PERIOD", &sweep_period,
              "pause between two looks into the outbox of invalidations");
    table.Add("audit-period", "AUDIT_PERIOD", &audit_period,
              "pause between two comparisons of cached pages with Postgres");
    table.AddChoice("fill-check", "FILL_CHECK", &fill_check, {"on", "off"},
                    "off fills pages in whatever was written meanwhile: for an experiment only");
    table.Add("reactors", "REACTORS", &reactors, 1, 64, "event loops, a thread each");
    rpc::AddOptions(table, server, runtime);
    process.AddTo(table);
    table.ParseOrExit(argc, argv);
    const auto seeds = redis::ParseSeeds(cluster_addresses);
    if (!seeds.ok()) {
      std::fprintf(stderr, "post: REDIS_CLUSTER_ADDRS: %s\n",
                   base::MessageOf(seeds.status()).c_str());
      std::exit(2);
    }
    cluster.seeds = *seeds;
    cluster.connection.name = "post";
    cache.compare_at_fill = fill_check == "on";
    pages.local_bytes =
        static_cast<size_t>(local_megabytes) * 1024 * 1024 / static_cast<size_t>(reactors);
  }
};

// What all reactors share.
struct Shared {
  Shared(app::Process& process, const Settings& settings)
      : pool(settings.postgres),
        store(pool),
        outbox(pool),
        limiter_metrics(process.metrics(), "post-store"),
        limiter({.name = "reads from Postgres",
                 .min = 2 * settings.postgres.connections,
                 .initial = kColdReads,
                 .tolerance = 2},
                clock, &limiter_metrics),
        limited(store, limiter),
        counters(process.metrics()),
        cluster_metrics(process.metrics()) {}
  base::SystemClock clock;
  postgres::ConnectionPool pool;
  PostgresPostStore store;
  PostgresInvalidationOutbox outbox;
  resilience::LimiterMetrics limiter_metrics;
  resilience::ConcurrencyLimiter limiter;
  LimitedPostStore limited;
  ReadCounters counters;
  redis::ClusterMetrics cluster_metrics;
  HotUsers hot_users;
};

// What one reactor has of its own.
struct PerReactor {
  PerReactor(boost::asio::any_io_executor executor, Shared& shared, const Settings& settings)
      : cluster(executor, settings.cluster, &shared.cluster_metrics),
        page_cache(cluster, settings.cache),
        object_cache(cluster, settings.cache),
        invalidator(cluster, settings.cache),
        objects(object_cache, shared.limited, shared.counters),
        pages(executor, {page_cache, objects, shared.limited, shared.counters, shared.clock},
              settings.pages),
        feed(pages, objects),
        writer(shared.store, invalidator, settings.writer) {}
  redis::Cluster cluster;
  RedisPageCache page_cache;
  RedisObjectCache object_cache;
  RedisInvalidator invalidator;
  ObjectReader objects;
  PageReader pages;
  Feed feed;
  PostWriter writer;
};

int Main(int argc, char** argv) {
  Settings settings;
  settings.ParseOrExit(argc, argv);
  app::Process process(settings.process);
  base::Reactors reactors(settings.reactors);
  Shared shared(process, settings);
  // Reads go on without Redis, so it is reported, but only waited for at the start.
  process.readiness().Set("postgres", false, "waiting for the schema");
  process.readiness().Set("schema", false, "connecting to postgres");
  shared.pool.set_on_change([&process](bool connected, const std::string& reason) {
    process.readiness().Set("postgres", connected, connected ? "connected" : reason);
  });

  std::vector<std::unique_ptr<PerReactor>> shards;
  for (size_t i = 0; i < reactors.size(); ++i) {
    shards.push_back(std::make_unique<PerReactor>(reactors[i].get_executor(), shared, settings));
    const std::string dependency = i == 0 ? "redis-cluster" : "redis-cluster-" + std::to_string(i);
    process.readiness().Set(dependency, false, "connecting to " + settings.cluster_addresses);
    shards[i]->cluster.set_on_change(
        [&process, dependency, reached = false](bool ready, const std::string& reason) mutable {
          reached = reached || ready;
          const std::string detail = ready ? "all slots served" : reason;
          if (reached) {
            process.readiness().Inform(dependency, ready, detail);
          } else {
            process.readiness().Set(dependency, ready, detail);
          }
        });
  }
  PerReactor& first = *shards[0];
  CacheAuditor auditor(first.page_cache, first.object_cache, shared.store, process.metrics(),
                       settings.auditor);
  InvalidationSweeper sweeper(shared.outbox, first.invalidator, process.metrics(),
                              settings.sweeper);
  base::Periodic sweep(reactors[0].get_executor(), settings.sweep_period,
                       [&sweeper] { return sweeper.Sweep(); });
  base::Periodic audit(reactors[0].get_executor(), settings.audit_period,
                       [&auditor] { return auditor.Audit(); });

  PostPorts ports{.store = shared.limited,
                  .hot_users = shared.hot_users,
                  .counters = shared.counters,
                  .auditor = auditor};
  for (const auto& shard : shards) {
    ports.pages.push_back(&shard->pages);
    ports.objects.push_back(&shard->objects);
    ports.feeds.push_back(&shard->feed);
    ports.writers.push_back(&shard->writer);
    ports.clusters.push_back(&shard->cluster);
  }
  rpc::Runtime runtime(reactors, process.metrics(), settings.runtime);
  const std::unique_ptr<grpc::Service> service = MakePostService(runtime, ports);
  rpc::Server server(settings.server, {service.get()}, {kPostServiceName});
  process.readiness().set_on_change([&server](bool ready) { server.SetServing(ready); });
  if (absl::Status status = server.Start(); !status.ok()) {
    process.Fail("RPC_ADDR: " + base::MessageOf(status));
  }
  process.LogListening("grpc", server.port());

  auto migrator = MakeMigrator(settings.postgres.url);
  if (!migrator.ok()) process.Fail(base::MessageOf(migrator.status()));
  postgres::MigrateAtStart migration(*std::move(migrator),
                                     [&](bool done, const std::string& detail) {
                                       process.readiness().Set("schema", done, detail);
                                       // Until then calls are UNAVAILABLE, not errors of SQL.
                                       if (done) shared.pool.Start();
                                     });
  boost::asio::post(reactors[0], [&] {
    sweep.Start();
    audit.Start();
  });
  reactors.Start();

  return process.RunUntilSignal([&](base::Deadline deadline) {
    server.Drain(deadline);
    bool ended = runtime.in_flight() == 0;
    const auto executor = reactors[0].get_executor();
    ended = base::AwaitOn(executor, sweep.Stop(deadline)) && ended;
    ended = base::AwaitOn(executor, audit.Stop(deadline)) && ended;
    reactors.Stop();
    return ended;
  });
}

}  // namespace
}  // namespace trellis::post

int main(int argc, char** argv) { return trellis::post::Main(argc, argv); }
