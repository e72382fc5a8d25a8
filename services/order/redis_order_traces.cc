#include "services/order/redis_order_traces.h"

#include <algorithm>

#include "mesh/redis/script.h"
#include "services/order/lua_sources.h"

namespace trellis::order {

using base::Deadline;
using base::WallTime;
using redis::Command;
using redis::Reply;
using redis::Script;

namespace {

constexpr size_t kReadAtOnce = 100;
constexpr std::string_view kReservation = "reservation:";
constexpr std::string_view kNotification = "notification:";

const Script& ReadScript() {
  static const Script script(kReadTracesLua);
  return script;
}
const Script& RestoreReservationScript() {
  static const Script script(kRestoreReservationLua);
  return script;
}
const Script& RestoreNotificationScript() {
  static const Script script(kRestoreNotificationLua);
  return script;
}
const Script& ForgetScript() {
  static const Script script(kForgetReservationLua);
  return script;
}

std::string Key(std::string_view prefix, const std::string& id) { return std::string(prefix) + id; }

OrderTrace TraceFrom(redis::ReplyView fields) {
  OrderTrace trace;
  if (!fields[0].Text().empty()) trace.decision = StatusFromName(fields[0].Text());
  trace.qty = static_cast<int32_t>(fields[1].Integer());
  trace.sku = fields[2].Text();
  trace.reason = fields[3].Text();
  trace.decided_at = base::FromUnixMillis(fields[4].Integer());
  if (!fields[5].Text().empty()) trace.cancelled_at = base::FromUnixMillis(fields[5].Integer());
  if (trace.cancelled_at && fields[4].Text().empty()) trace.decided_at = *trace.cancelled_at;
  const std::string_view status = fields[6].Text();
  if (status == "claimed") trace.notice = OrderTrace::Notice::kClaimed;
  if (status == "sent") trace.notice = OrderTrace::Notice::kSent;
  trace.claimed_until = base::FromUnixMillis(fields[7].Integer());
  trace.sent_at = base::FromUnixMillis(fields[8].Integer());
  return trace;
}

bool IsCursor(std::string_view text) {
  return text.size() <= 20 &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace

Async<std::vector<OrderTrace>> RedisOrderTraces::Read(std::vector<std::string> ids,
                                                      Deadline deadline) {
  std::vector<OrderTrace> traces;
  traces.reserve(ids.size());
  for (size_t begin = 0; begin < ids.size(); begin += kReadAtOnce) {
    const size_t end = std::min(ids.size(), begin + kReadAtOnce);
    Command call = ReadScript().Call(static_cast<int>(2 * (end - begin)));
    for (size_t i = begin; i < end; ++i) {
      call.Arg(Key(kReservation, ids[i])).Arg(Key(kNotification, ids[i]));
    }
    const absl::StatusOr<Reply> reply =
        co_await ReadScript().Run(client_, std::move(call), deadline);
    if (!reply.ok()) co_return reply.status();
    for (size_t i = 0; i < reply->size(); ++i) traces.push_back(TraceFrom((*reply)[i]));
  }
  co_return traces;
}

Async<ReservationPage> RedisOrderTraces::Reservations(std::string after, int count,
                                                      Deadline deadline) {
  if (!IsCursor(after)) {
    co_return base::InvalidField("page_token", "is not one that this method returned");
  }
  Command scan("SCAN", after.empty() ? "0" : after, "MATCH", std::string(kReservation) + "*",
               "COUNT", count, "TYPE", "hash");
  const absl::StatusOr<Reply> reply = co_await client_.Execute(std::move(scan), deadline);
  if (!reply.ok()) co_return reply.status();
  ReservationPage page;
  page.next = (*reply)[0].Text();
  if (page.next == "0") page.next.clear();
  const redis::ReplyView keys = (*reply)[1];
  for (size_t i = 0; i < keys.size(); ++i) {
    const std::string_view id = keys[i].Text().substr(kReservation.size());
    if (IsId(id)) page.order_ids.emplace_back(id);
  }
  co_return page;
}

boost::asio::awaitable<absl::Status> RedisOrderTraces::RestoreReservation(Order order,
                                                                          Deadline deadline) {
  Command call = RestoreReservationScript().Call(1);
  call.Arg(Key(kReservation, order.id)).Arg(kRememberOrders.count());
  const auto add = [&](std::string_view name, const auto& value) { call.Arg(name).Arg(value); };
  if (order.reserved_at || order.rejected_at) {
    add("state", order.reserved_at ? "reserved" : "rejected");
    add("time", base::UnixMillis(order.reserved_at ? *order.reserved_at : *order.rejected_at));
    add("sku", order.sku);
    add("qty", order.qty);
  }
  add("reason", order.reason);
  if (order.cancelled_at) {
    add("state", "cancelled");
    add("cancelled", base::UnixMillis(*order.cancelled_at));
  }
  const absl::StatusOr<Reply> reply =
      co_await RestoreReservationScript().Run(client_, std::move(call), deadline);
  co_return reply.status();
}

boost::asio::awaitable<absl::Status> RedisOrderTraces::RestoreNotification(std::string id,
                                                                           WallTime sent_at,
                                                                           Deadline deadline) {
  Command call = RestoreNotificationScript().Call(2);
  call.Arg(Key(kNotification, id)).Arg("notifications");
  call.Arg(base::UnixMillis(sent_at)).Arg(kRememberOrders.count());
  const absl::StatusOr<Reply> reply =
      co_await RestoreNotificationScript().Run(client_, std::move(call), deadline);
  co_return reply.status();
}

boost::asio::awaitable<absl::Status> RedisOrderTraces::Forget(std::string id, std::string sku,
                                                              WallTime decided_at,
                                                              Deadline deadline) {
  Command call = ForgetScript().Call(2);
  call.Arg("inventory:" + sku).Arg(Key(kReservation, id)).Arg(base::UnixMillis(decided_at));
  const absl::StatusOr<Reply> reply =
      co_await ForgetScript().Run(client_, std::move(call), deadline);
  co_return reply.status();
}

}  // namespace trellis::order
