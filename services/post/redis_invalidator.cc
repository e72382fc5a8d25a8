#include "services/post/redis_invalidator.h"

#include "services/post/cache_keys.h"
#include "services/post/lua_sources.h"

namespace trellis::post {

namespace asio = boost::asio;
using base::Deadline;
using redis::ClusterAnswer;
using redis::Command;
using redis::KeyedCommand;

namespace {

// A call that may run any number of times.
KeyedCommand Call(const redis::Script& script, std::string key, int64_t number,
                  base::milliseconds lifetime) {
  Command call = script.Call(1);
  call.Arg(key).Arg(number).Arg(base::RandomHex(8)).Arg(lifetime.count());
  return KeyedCommand(std::move(key), script, std::move(call), /*may_repeat=*/true);
}

}  // namespace

RedisInvalidator::RedisInvalidator(redis::ClusterClient& cluster, CacheSettings settings)
    : cluster_(cluster),
      settings_(settings),
      generation_(kAnnounceGenerationLua),
      object_(kAnnounceObjectLua) {}

asio::awaitable<std::vector<absl::Status>> RedisInvalidator::Announce(
    std::vector<Invalidation> writes, Deadline deadline) {
  std::vector<KeyedCommand> commands;
  for (const Invalidation& write : writes) {
    commands.push_back(
        Call(generation_, RecordKey(write.user_id), write.generation, settings_.record_lifetime));
    if (!write.post_id) continue;
    commands.push_back(
        Call(object_, ObjectKey(*write.post_id), write.generation, settings_.placeholder_lifetime));
  }
  const std::vector<ClusterAnswer> answers =
      co_await cluster_.ExecuteAll(std::move(commands), deadline);
  std::vector<absl::Status> statuses;
  size_t next = 0;
  for (const Invalidation& write : writes) {
    absl::Status status = answers[next++].reply.status();
    if (write.post_id && status.ok()) status = answers[next].reply.status();
    if (write.post_id) ++next;
    statuses.push_back(std::move(status));
  }
  co_return statuses;
}

bool RedisInvalidator::IsReachable(int64_t user_id) const {
  return cluster_.Connected(RecordKey(user_id));
}

bool RedisInvalidator::IsPostReachable(int64_t post_id) const {
  return cluster_.Connected(ObjectKey(post_id));
}

}  // namespace trellis::post
