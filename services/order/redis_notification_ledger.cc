#include "services/order/redis_notification_ledger.h"

#include "mesh/base/ids.h"
#include "mesh/redis/script.h"
#include "services/order/lua_sources.h"
#include "services/order/pace.h"

namespace trellis::order {

using base::Deadline;
using redis::Command;
using redis::Reply;
using redis::Script;

namespace {

constexpr char kTotalsKey[] = "notifications";

const Script& ClaimScript() {
  static const Script script(kClaimNotificationLua);
  return script;
}
const Script& RecordScript() {
  static const Script script(kRecordNotificationLua);
  return script;
}

std::string Key(const std::string& order_id) { return "notification:" + order_id; }

absl::StatusOr<NotificationClaim> ClaimFrom(redis::ReplyView answer) {
  using Outcome = NotificationClaim::Outcome;
  if (answer.IsError()) return redis::StatusFromError(answer.Text());
  const std::string_view outcome = answer[0].Text();
  NotificationClaim claim;
  if (outcome == "sent") {
    claim.outcome = Outcome::kSent;
  } else if (outcome == "busy") {
    claim.outcome = Outcome::kBusy;
    claim.busy_for = base::milliseconds(answer[1].Integer());
  } else {
    claim.attempt = static_cast<int>(answer[1].Integer());
    claim.outcome_unknown = answer[2].Integer() == 1;
  }
  return claim;
}

}  // namespace

RedisNotificationLedger::RedisNotificationLedger(redis::Client& client, base::milliseconds lease)
    : client_(client),
      lease_(lease),
      claiming_([this](const Ids& orders, Deadline deadline) { return ClaimAll(orders, deadline); },
                kInGroups),
      recording_(
          [this](const Ids& orders, Deadline deadline) { return RecordAll(orders, deadline); }) {}

Async<NotificationClaim> RedisNotificationLedger::Claim(std::string order_id, Deadline deadline) {
  absl::StatusOr<Claimed> claimed = co_await claiming_.Do(std::move(order_id), deadline);
  if (!claimed.ok()) co_return claimed.status();
  co_return std::move(claimed->claim);
}

boost::asio::awaitable<absl::Status> RedisNotificationLedger::RecordSent(std::string order_id,
                                                                         Deadline deadline) {
  const absl::StatusOr<Recorded> recorded = co_await recording_.Do(std::move(order_id), deadline);
  co_return recorded.ok() ? recorded->status : recorded.status();
}

Async<std::vector<RedisNotificationLedger::Claimed>> RedisNotificationLedger::ClaimAll(
    const Ids& orders, Deadline deadline) {
  Command call = ClaimScript().Call(static_cast<int>(orders.size()) + 1);
  call.Arg(kTotalsKey);
  for (const std::string& id : orders) call.Arg(Key(id));
  call.Arg(lease_.count()).Arg(kRememberOrders.count());
  for (size_t i = 0; i < orders.size(); ++i) call.Arg(base::RandomHex(8));
  const absl::StatusOr<Reply> reply =
      co_await ClaimScript().Run(client_, std::move(call), deadline);
  if (!reply.ok()) co_return reply.status();
  std::vector<Claimed> claims;
  for (size_t i = 0; i < reply->size(); ++i) claims.push_back({ClaimFrom((*reply)[i])});
  co_return claims;
}

Async<std::vector<RedisNotificationLedger::Recorded>> RedisNotificationLedger::RecordAll(
    const Ids& orders, Deadline deadline) {
  Command call = RecordScript().Call(static_cast<int>(orders.size()) + 1);
  call.Arg(kTotalsKey);
  for (const std::string& id : orders) call.Arg(Key(id));
  call.Arg(kRememberOrders.count());
  const absl::StatusOr<Reply> reply =
      co_await RecordScript().Run(client_, std::move(call), deadline);
  if (!reply.ok()) co_return reply.status();
  std::vector<Recorded> recorded;
  for (size_t i = 0; i < reply->size(); ++i) {
    const redis::ReplyView answer = (*reply)[i];
    recorded.push_back(
        {answer.IsError() ? redis::StatusFromError(answer.Text()) : absl::OkStatus()});
  }
  co_return recorded;
}

Async<NotificationTotals> RedisNotificationLedger::Totals(Deadline deadline) {
  Command get("HMGET", kTotalsKey, "sent", "claimed", "outcome_unknown");
  const absl::StatusOr<Reply> reply = co_await client_.Execute(std::move(get), deadline);
  if (!reply.ok()) co_return reply.status();
  co_return NotificationTotals{(*reply)[0].Integer(), (*reply)[1].Integer(), (*reply)[2].Integer()};
}

}  // namespace trellis::order
