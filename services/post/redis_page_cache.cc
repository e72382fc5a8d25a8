#include "services/post/redis_page_cache.h"

#include "services/post/cache_keys.h"
#include "services/post/generation_record.h"
#include "services/post/lua_sources.h"

namespace trellis::post {

namespace asio = boost::asio;
using base::Deadline;
using redis::ClusterAnswer;
using redis::Command;
using redis::KeyedCommand;

namespace {

constexpr redis::ClusterCallOptions kNow{.wait_for_node = false};

std::string PageKeyText(const PageKey& key) {
  return "user:{" + std::to_string(key.user_id) + "}:posts:" + PageName(key);
}

KeyedCommand LookCommand(const PageKey& key) {
  std::string record = RecordKey(key.user_id);
  Command command("MGET", record, PageKeyText(key));
  return KeyedCommand(std::move(record), std::move(command), /*may_repeat=*/true);
}

absl::StatusOr<PageLook> LookFrom(const ClusterAnswer& answer) {
  if (!answer.reply.ok()) return answer.reply.status();
  PageLook look;
  const GenerationRecord record = ParseGenerationRecord((*answer.reply)[0].Text());
  if (!record.IsTrusted(answer.incarnation)) return look;
  look.generation = record.generation;
  look.page = DecodePage((*answer.reply)[1].Text());
  if (look.page && look.page->generation != record.generation) look.page.reset();
  return look;
}

}  // namespace

RedisPageCache::RedisPageCache(redis::ClusterClient& cluster, CacheSettings settings)
    : cluster_(cluster),
      settings_(settings),
      lease_(kLeasePageLua),
      fill_(kFillPageLua),
      release_(kReleasePageLua) {}

Async<PageLook> RedisPageCache::Look(PageKey key, Deadline deadline) {
  const ClusterAnswer answer = co_await cluster_.Execute(LookCommand(key), deadline, kNow);
  co_return LookFrom(answer);
}

asio::awaitable<std::vector<absl::StatusOr<PageLook>>> RedisPageCache::LookMany(
    std::vector<PageKey> keys, Deadline deadline) {
  std::vector<KeyedCommand> commands;
  commands.reserve(keys.size());
  for (const PageKey& key : keys) commands.push_back(LookCommand(key));
  const std::vector<ClusterAnswer> answers =
      co_await cluster_.ExecuteAll(std::move(commands), deadline, kNow);
  std::vector<absl::StatusOr<PageLook>> looks;
  looks.reserve(answers.size());
  for (const ClusterAnswer& answer : answers) looks.push_back(LookFrom(answer));
  co_return looks;
}

Async<std::optional<int64_t>> RedisPageCache::Generation(int64_t user_id, Deadline deadline) {
  std::string key = RecordKey(user_id);
  Command command("GET", key);
  KeyedCommand get(std::move(key), std::move(command), /*may_repeat=*/true);
  const ClusterAnswer answer = co_await cluster_.Execute(std::move(get), deadline, kNow);
  if (!answer.reply.ok()) co_return answer.reply.status();
  const GenerationRecord record = ParseGenerationRecord(answer.reply->Text());
  if (!record.IsTrusted(answer.incarnation)) co_return std::nullopt;
  co_return record.generation;
}

KeyedCommand RedisPageCache::LeaseCommand(const PageKey& key, const std::string& token) const {
  std::string record = RecordKey(key.user_id);
  Command call = lease_.Call(2);
  call.Arg(record).Arg(PageKeyText(key) + ":lease").Arg(token);
  call.Arg(settings_.lease.count()).Arg(settings_.record_lifetime.count());
  return KeyedCommand(std::move(record), lease_, std::move(call));
}

asio::awaitable<std::vector<absl::StatusOr<PageLease>>> RedisPageCache::Lease(
    std::vector<PageKey> keys, Deadline deadline) {
  std::vector<absl::StatusOr<PageLease>> leases;
  std::vector<KeyedCommand> commands;
  for (const PageKey& key : keys) {
    leases.emplace_back(PageLease{.token = base::RandomHex(8)});
    commands.push_back(LeaseCommand(key, leases.back()->token));
  }
  const auto answers = co_await cluster_.ExecuteAll(std::move(commands), deadline, kNow);
  for (size_t i = 0; i < answers.size(); ++i) {
    const ClusterAnswer& answer = answers[i];
    if (!answer.reply.ok()) {
      leases[i] = answer.reply.status();
      continue;
    }
    leases[i]->captured = (*answer.reply)[0].Text();
    leases[i]->granted = (*answer.reply)[1].Integer() == 1;
    leases[i]->incarnation = answer.incarnation;
  }
  co_return leases;
}

KeyedCommand RedisPageCache::FillCommand(PageFill fill) const {
  const base::milliseconds lifetime = WithJitter(settings_.page_lifetime);
  fill.page.expires_at = std::chrono::system_clock::now() + lifetime;
  const std::string& token = fill.lease.token;
  const std::string record =
      GenerationRecord{fill.page.generation, fill.lease.incarnation, token}.Format();
  const std::string name = PageKeyText(fill.key);
  std::string first = RecordKey(fill.key.user_id);
  Command call = fill_.Call(3);
  call.Arg(first).Arg(name).Arg(name + ":lease").Arg(fill.lease.captured).Arg(record);
  // The record without its nonce.
  call.Arg(std::string_view(record).substr(0, record.size() - token.size()));
  call.Arg(EncodePage(fill.page)).Arg(lifetime.count()).Arg(settings_.record_lifetime.count());
  call.Arg(token).Arg(settings_.compare_at_fill ? 1 : 0);
  return KeyedCommand(std::move(first), fill_, std::move(call));
}

asio::awaitable<std::vector<absl::StatusOr<bool>>> RedisPageCache::Fill(std::vector<PageFill> fills,
                                                                        Deadline deadline) {
  std::vector<KeyedCommand> commands;
  for (PageFill& fill : fills) commands.push_back(FillCommand(std::move(fill)));
  const auto answers = co_await cluster_.ExecuteAll(std::move(commands), deadline, kNow);
  std::vector<absl::StatusOr<bool>> kept;
  for (const ClusterAnswer& answer : answers) {
    if (answer.reply.ok()) {
      kept.emplace_back(answer.reply->Integer() == 1);
    } else {
      kept.emplace_back(answer.reply.status());
    }
  }
  co_return kept;
}

asio::awaitable<void> RedisPageCache::Release(PageKey key, PageLease lease, Deadline deadline) {
  std::string name = PageKeyText(key) + ":lease";
  Command call = release_.Call(1);
  call.Arg(name).Arg(lease.token);
  KeyedCommand command(std::move(name), release_, std::move(call), /*may_repeat=*/true);
  (void)co_await cluster_.Execute(std::move(command), deadline, kNow);
}

}  // namespace trellis::post
