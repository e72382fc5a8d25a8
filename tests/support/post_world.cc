#include "tests/support/post_world.h"

#include <atomic>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <cstdlib>
#include <iostream>
#include <stdexcept>
#include <thread>

#include "mesh/base/sleep.h"
#include "mesh/base/testing/run.h"
#include "services/post/schema.h"
#include "trellis/post/v1/post.pb.h"

namespace trellis::testing {

namespace asio = boost::asio;
using base::Deadline;
using base::milliseconds;
using Kind = PostHistory::Kind;

namespace {

constexpr size_t kProcesses = 3;
constexpr size_t kMostPosts = 14;  // of a user
constexpr int kPage = 5;

std::string NewDatabase() {
  std::string url = postgres::testing::PrivatePostgres::Shared().CreateDatabase();
  auto migrator = post::MakeMigrator(url);
  if (!migrator.ok()) throw std::runtime_error(migrator.status().ToString());
  const absl::Status status = migrator->Up(Deadline::After(milliseconds(20'000)));
  if (!status.ok()) throw std::runtime_error(status.ToString());
  return url;
}

uint64_t Seed() {
  const char* given = std::getenv("TRELLIS_SEED");
  const uint64_t seed =
      given != nullptr ? std::strtoull(given, nullptr, 10) : std::random_device{}();
  std::cout << "TRELLIS_SEED=" << seed << std::endl;
  return seed;
}

PostHistory::Seen SeenOf(const post::v1::Post& post) {
  return {post.id(), post.generation(), post.content()};
}

}  // namespace

struct PostWorld::Process {
  Process(PostWorld& world, const std::vector<std::string>& seeds, size_t local_bytes)
      : cluster(world.context_.get_executor(), {.seeds = seeds}),
        delayed(cluster, [&world] { return world.Wait(); }),
        store(world.store_, world.history_, [&world] { return world.Wait(); }),
        limiter({.name = "reads from Postgres",
                 .min = world.options_.reads_at_a_time,
                 .initial = world.options_.reads_at_a_time},
                world.clock_),
        limited(store, limiter),
        page_cache(delayed, world.options_.cache),
        object_cache(delayed, world.options_.cache),
        invalidator(delayed, world.options_.cache),
        plain_invalidator(cluster, world.options_.cache),
        objects(object_cache, limited, counters),
        pages(world.context_.get_executor(), {page_cache, objects, limited, counters, world.clock_},
              {.local_bytes = local_bytes}),
        writer(store, invalidator),
        sweeper(world.outbox_, plain_invalidator, metrics) {}

  telemetry::Metrics metrics;
  post::ReadCounters counters{metrics};
  redis::Cluster cluster;
  DelayedClusterClient delayed;
  DelayedPostStore store;
  resilience::ConcurrencyLimiter limiter;
  post::LimitedPostStore limited;
  post::RedisPageCache page_cache;
  post::RedisObjectCache object_cache;
  post::RedisInvalidator invalidator, plain_invalidator;
  post::ObjectReader objects;
  post::PageReader pages;
  post::PostWriter writer;
  post::InvalidationSweeper sweeper;
};

PostWorld::PostWorld(redis::testing::PrivateRedisCluster& servers, PostWorldOptions options)
    : options_(options),
      random_(Seed()),
      pool_({.url = NewDatabase(),
             .application_name = "test",
             .connections = 8,
             .keep_plans = true}) {
  pool_.Start();
  for (size_t i = 0; i < kProcesses; ++i) {
    // One without a cache of its own, so that Redis' is always looked at, too.
    const size_t local_bytes = i == 0 ? 0 : size_t{1} << 20;
    processes_.push_back(std::make_unique<Process>(*this, servers.addresses(), local_bytes));
  }
  if (!RunUntil([this] { return redis_ready(); }, milliseconds(10'000))) {
    throw std::runtime_error("the cluster is not ready");
  }
  for (int i = 0; i < options_.users; ++i) {
    const std::string name = "user" + std::to_string(i);
    auto user = base::testing::RunCoroutine(
        context_,
        store_.CreateUser(name, name + "@example.com", Deadline::After(milliseconds(9000))));
    users_.push_back(user.value().id);
    history_.Acknowledged(user->id, user->generation);
  }
  posts_.resize(users_.size());
}

PostWorld::~PostWorld() {
  stopping_ = true;
  Join();
  (void)RunUntil([this] { return sweepers_ == 0; }, milliseconds(10'000));
  RunFor(milliseconds(100));  // leases that are given back, and early refreshes
}

void PostWorld::RunOne() {
  context_.run_one_for(milliseconds(20));
  if (context_.stopped()) context_.restart();
}

bool PostWorld::RunUntil(const std::function<bool()>& condition, milliseconds patience) {
  const Deadline end = Deadline::After(patience);
  while (!condition() && !end.Expired()) RunOne();
  return condition();
}

void PostWorld::RunFor(milliseconds time) {
  (void)RunUntil([] { return false; }, time);
}

void PostWorld::While(const std::function<void()>& work) {
  std::atomic<bool> done = false;
  std::thread reactor([&] {
    while (!done) RunOne();
  });
  work();
  done = true;
  reactor.join();
}

void PostWorld::Start(int operations) {
  wanted_ = operations;
  for (int i = 0; i < options_.clients + options_.reading_clients; ++i) {
    ++running_;
    const int write_percent = i < options_.clients ? options_.write_percent : 0;
    asio::co_spawn(context_, Client(random_(), write_percent), asio::detached);
  }
  if (!options_.sweep) return;
  for (const auto& process : processes_) {
    ++sweepers_;
    asio::co_spawn(context_, SweepOften(*process), asio::detached);
  }
}

void PostWorld::Join() {
  if (!RunUntil([this] { return running_ == 0; }, milliseconds(120'000))) {
    throw std::runtime_error("clients hang");
  }
}

asio::awaitable<void> PostWorld::Wait() {
  if (options_.most_delay_ms == 0 || random_() % 2 == 0) co_return;
  const auto most = static_cast<uint64_t>(options_.most_delay_ms) + 1;
  co_await base::Sleep(milliseconds(random_() % most));
}

asio::awaitable<void> PostWorld::SweepOften(Process& process) {
  while (!stopping_) {
    (void)co_await process.sweeper.Sweep();
    co_await base::Sleep(milliseconds(300));
  }
  --sweepers_;
}

asio::awaitable<void> PostWorld::Client(uint64_t seed, int write_percent) {
  std::mt19937_64 random(seed);
  while (!stopping_ && (wanted_ == 0 || done_ < wanted_)) {
    ++done_;
    Process& process = *processes_[random() % kProcesses];
    const size_t user = random() % users_.size();
    const std::vector<int64_t>& posts = posts_[user];
    const bool writes = random() % 100 < static_cast<uint64_t>(write_percent);
    if (writes) {
      co_await Write(process, random());
    } else if (random() % 3 == 0 && !posts.empty()) {
      const bool dead = !gone_.empty() && random() % 4 == 0;
      const int64_t id = dead ? gone_[random() % gone_.size()] : posts[random() % posts.size()];
      co_await ReadPost(process, id);
    } else {
      post::PageKey key{.user_id = users_[user], .limit = kPage};
      const uint64_t kind = random() % 4;
      if (kind == 0 && !posts.empty()) key.before_id = posts[random() % posts.size()];
      if (kind == 1) key.offset = 3;
      co_await ReadPage(process, key);
    }
  }
  --running_;
}

asio::awaitable<void> PostWorld::Write(Process& process, uint64_t draw) {
  const Deadline deadline = Deadline::After(options_.deadline);
  const size_t user = draw % users_.size();
  const int64_t user_id = users_[user];
  std::vector<int64_t>& posts = posts_[user];
  draw /= users_.size();
  const std::string content = "content " + std::to_string(draw);
  if (posts.size() < 6 || (posts.size() < kMostPosts && draw % 3 == 0)) {
    const auto post = co_await process.writer.CreatePost(user_id, content, deadline);
    if (!post.ok()) co_return Failed(writes_failed_, post.status());
    history_.Acknowledged(Kind::kCreate, user_id, post->version, post->id);
    posts.push_back(post->id);
  } else if (draw % 2 == 0) {
    const int64_t id = posts[draw / 2 % posts.size()];
    const auto post = co_await process.writer.UpdatePost(id, content, deadline);
    if (absl::IsNotFound(post.status())) co_return;  // another has deleted it meanwhile
    if (!post.ok()) co_return Failed(writes_failed_, post.status());
    history_.Acknowledged(Kind::kUpdate, user_id, post->version, id);
  } else {
    const size_t place = draw / 2 % posts.size();
    const int64_t id = posts[place];
    posts.erase(posts.begin() + static_cast<std::ptrdiff_t>(place));
    const auto post = co_await process.writer.DeletePost(id, deadline);
    if (!post.ok()) co_return Failed(writes_failed_, post.status());
    history_.Acknowledged(Kind::kDelete, user_id, post->generation, id);
    gone_.push_back(id);
    if (gone_.size() > 40) gone_.erase(gone_.begin());
  }
  ++writes_ok_;
}

asio::awaitable<void> PostWorld::ReadPage(Process& process, post::PageKey key) {
  const int64_t floor = history_.Floor(key.user_id);
  const base::SteadyTime start = clock_.Now();
  const auto page = co_await process.pages.Read(key, Deadline::After(options_.deadline));
  slowest_read_ =
      std::max(slowest_read_, std::chrono::duration_cast<milliseconds>(clock_.Now() - start));
  if (!page.ok()) co_return Failed(reads_failed_, page.status());
  post::v1::ListPostsResponse response;
  if (!response.ParseFromString(*page->wire)) throw std::runtime_error("not a page");
  PostHistory::PageRead read{.key = key,
                             .floor = floor,
                             .generation = response.generation(),
                             .has_more = response.has_more(),
                             .posts = {}};
  for (const post::v1::Post& post : response.data()) read.posts.push_back(SeenOf(post));
  history_.Read(std::move(read));
  ++reads_ok_;
}

asio::awaitable<void> PostWorld::ReadPost(Process& process, int64_t id) {
  const PostHistory::PostFloor floor = history_.FloorOf(id);
  const auto object = co_await process.objects.Read(id, 0, Deadline::After(options_.deadline));
  post::v1::Post post;
  if (object.ok()) {
    if (!post.ParseFromString(object->bytes)) throw std::runtime_error("not a post");
  } else if (!absl::IsNotFound(object.status())) {
    co_return Failed(reads_failed_, object.status());
  }
  history_.Read(floor, id, SeenOf(post));
  ++reads_ok_;
}

asio::awaitable<void> PostWorld::ReadEverything() {
  for (const auto& process : processes_) {
    for (size_t user = 0; user < users_.size(); ++user) {
      const post::PageKey key{.user_id = users_[user], .limit = 100};
      co_await ReadPage(*process, key);
      for (const int64_t id : posts_[user]) co_await ReadPost(*process, id);
    }
    for (const int64_t id : gone_) co_await ReadPost(*process, id);
  }
  --running_;
}

void PostWorld::ReadAll() {
  ++running_;
  asio::co_spawn(context_, ReadEverything(), asio::detached);
  Join();
}

void PostWorld::Failed(int& count, const absl::Status& status) {
  ++count;
  if (first_error_.empty()) first_error_ = status.ToString();
}

int PostWorld::lists() const {
  int count = 0;
  for (const auto& process : processes_) count += process->store.lists();
  return count;
}

bool PostWorld::redis_ready() const {
  for (const auto& process : processes_) {
    if (!process->cluster.ready()) return false;
  }
  return true;
}

double PostWorld::Hits() const {
  double hits = 0;
  for (const auto& process : processes_) {
    hits += process->counters.list_hits.Value() + process->counters.local_hits.Value();
  }
  return hits;
}

double PostWorld::RefusedFills() const {
  double refused = 0;
  for (const auto& process : processes_) refused += process->counters.refused_fills.Value();
  return refused;
}

}  // namespace trellis::testing
