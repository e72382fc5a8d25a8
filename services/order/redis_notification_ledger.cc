#include "services/order/redis_notification_ledger.h"

#include "mesh/base/ids.h"
#include "mesh/redis/script.h"
#include "services/order/lua_sources.h"

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

}  // namespace

Async<NotificationClaim> RedisNotificationLedger::Claim(std::string order_id, Deadline deadline) {
  using Outcome = NotificationClaim::Outcome;
  Command call = ClaimScript().Call(2);
  call.Arg("notification:" + order_id).Arg(kTotalsKey);
  call.Arg(base::RandomHex(8)).Arg(lease_.count()).Arg(kRememberOrders.count());
  const absl::StatusOr<Reply> reply =
      co_await ClaimScript().Run(client_, std::move(call), deadline);
  if (!reply.ok()) co_return reply.status();
  const std::string_view outcome = (*reply)[0].Text();
  NotificationClaim claim;
  if (outcome == "sent") {
    claim.outcome = Outcome::kSent;
  } else if (outcome == "busy") {
    claim.outcome = Outcome::kBusy;
    claim.busy_for = base::milliseconds((*reply)[1].Integer());
  } else {
    claim.attempt = static_cast<int>((*reply)[1].Integer());
    claim.outcome_unknown = (*reply)[2].Integer() == 1;
  }
  co_return claim;
}

boost::asio::awaitable<absl::Status> RedisNotificationLedger::RecordSent(std::string order_id,
                                                                         Deadline deadline) {
  Command call = RecordScript().Call(2);
  call.Arg("notification:" + order_id).Arg(kTotalsKey).Arg(kRememberOrders.count());
  const absl::StatusOr<Reply> reply =
      co_await RecordScript().Run(client_, std::move(call), deadline);
  co_return reply.status();
}

Async<NotificationTotals> RedisNotificationLedger::Totals(Deadline deadline) {
  Command get("HMGET", kTotalsKey, "sent", "claimed", "outcome_unknown");
  const absl::StatusOr<Reply> reply = co_await client_.Execute(std::move(get), deadline);
  if (!reply.ok()) co_return reply.status();
  co_return NotificationTotals{(*reply)[0].Integer(), (*reply)[1].Integer(), (*reply)[2].Integer()};
}

}  // namespace trellis::order
