// What a page of 50 objects costs the client of a Redis Cluster: pages of so many GETs over three
// private masters, from one reactor. Prints pages a second and CPU time of the reactor's thread.
//   redis_cluster_bench [pages in flight] [seconds] [keys a page]
#include <sys/resource.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <cstdio>
#include <cstdlib>
#include <random>

#include "mesh/redis/cluster.h"
#include "mesh/redis/testing/private_redis_cluster.h"

namespace trellis::redis {
namespace {

namespace asio = boost::asio;
using base::Deadline;
using base::milliseconds;

constexpr int kPosts = 20000;
constexpr size_t kPostSize = 200;

double ThreadCpuSeconds() {
  rusage usage{};
  getrusage(RUSAGE_THREAD, &usage);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

struct Load {
  Cluster* client;
  int keys_a_page;
  bool running = true;
  int64_t pages = 0, bad = 0;
};

std::string KeyOf(uint64_t post) { return "post:" + std::to_string(post); }

asio::awaitable<void> Fill(Cluster* client, bool* filled) {
  for (int post = 0; post < kPosts; post += 1000) {
    std::vector<KeyedCommand> sets;
    for (int i = 0; i < 1000; ++i) {
      const std::string key = KeyOf(static_cast<uint64_t>(post + i));
      sets.push_back({key, Command("SET", key, std::string(kPostSize, 'x')), true});
    }
    (void)co_await client->ExecuteAll(std::move(sets), Deadline::After(milliseconds(10000)));
  }
  *filled = true;
}

asio::awaitable<void> ReadPages(Load* load, unsigned seed) {
  std::minstd_rand random(seed);
  while (load->running) {
    std::vector<std::string> keys;
    keys.reserve(static_cast<size_t>(load->keys_a_page));
    for (int i = 0; i < load->keys_a_page; ++i) keys.push_back(KeyOf(random() % kPosts));
    const std::vector<ClusterAnswer> page =
        co_await load->client->MGet(std::move(keys), Deadline::After(milliseconds(5000)));
    for (const ClusterAnswer& answer : page) {
      if (!answer.reply.ok() || answer.reply->Text().size() != kPostSize) ++load->bad;
    }
    ++load->pages;
  }
}

int Main(int in_flight, int seconds, int keys_a_page) {
  testing::PrivateRedisCluster servers({.masters = 3, .replicas_each = 0});
  asio::io_context context{1};
  Cluster client(context.get_executor(), {.seeds = servers.addresses()});
  bool filled = false;
  asio::co_spawn(context, Fill(&client, &filled), asio::detached);
  while (!filled) context.run_one();
  Load load{&client, keys_a_page};
  for (int i = 0; i < in_flight; ++i) {
    asio::co_spawn(context, ReadPages(&load, static_cast<unsigned>(i + 1)), asio::detached);
  }
  context.run_for(std::chrono::milliseconds(300));
  const int64_t warm = load.pages;
  const double cpu = ThreadCpuSeconds();
  const auto begin = std::chrono::steady_clock::now();
  context.run_for(std::chrono::seconds(seconds));
  const double wall =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  const auto pages = static_cast<double>(load.pages - warm);
  std::printf("%d keys a page, %d in flight: %.0f pages/s, %.1f us of client CPU a page, %ld bad\n",
              keys_a_page, in_flight, pages / wall, (ThreadCpuSeconds() - cpu) * 1e6 / pages,
              static_cast<long>(load.bad));
  load.running = false;
  context.run_for(std::chrono::milliseconds(500));
  return load.bad == 0 ? 0 : 1;
}

}  // namespace
}  // namespace trellis::redis

int main(int argc, char** argv) {
  const auto argument = [&](int i, int otherwise) {
    return argc > i ? std::atoi(argv[i]) : otherwise;
  };
  return trellis::redis::Main(argument(1, 64), argument(2, 3), argument(3, 50));
}
