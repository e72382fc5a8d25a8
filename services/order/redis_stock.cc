#include "services/order/redis_stock.h"

#include <charconv>

#include "mesh/redis/script.h"
#include "services/order/lua_sources.h"

namespace trellis::order {

using base::Deadline;
using redis::Command;
using redis::Reply;
using redis::Script;

namespace {

constexpr char kPrefix[] = "inventory:";
constexpr size_t kListMax = 1000;
constexpr int kScanSteps = 1000;

const Script& ReserveScript() {
  static const Script script(kReserveLua);
  return script;
}
const Script& ReleaseScript() {
  static const Script script(kReleaseLua);
  return script;
}

std::string InventoryKey(const std::string& sku) { return kPrefix + sku; }
std::string ReservationKey(const std::string& order_id) { return "reservation:" + order_id; }

std::optional<int64_t> Number(std::string_view text) {
  int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

}  // namespace

Async<Reservation> RedisStock::Reserve(std::string order_id, std::string sku, int32_t qty,
                                       Deadline deadline) {
  Command call = ReserveScript().Call(2);
  call.Arg(InventoryKey(sku)).Arg(ReservationKey(order_id));
  call.Arg(sku).Arg(qty).Arg(kRememberOrders.count());
  const absl::StatusOr<Reply> reply =
      co_await ReserveScript().Run(client_, std::move(call), deadline);
  if (!reply.ok()) co_return reply.status();
  co_return Reservation{StatusFromName((*reply)[0].Text()), std::string((*reply)[1].Text()),
                        base::FromUnixMillis((*reply)[2].Integer())};
}

Async<Release> RedisStock::Cancel(std::string order_id, std::string sku, Deadline deadline) {
  Command call = ReleaseScript().Call(2);
  call.Arg(InventoryKey(sku)).Arg(ReservationKey(order_id)).Arg(sku).Arg(kRememberOrders.count());
  const absl::StatusOr<Reply> reply =
      co_await ReleaseScript().Run(client_, std::move(call), deadline);
  if (!reply.ok()) co_return reply.status();
  const std::string_view outcome = (*reply)[0].Text();
  co_return Release{outcome == "rejected"   ? Release::Outcome::kRejected
                    : outcome == "released" ? Release::Outcome::kReleased
                                            : Release::Outcome::kUnreserved,
                    base::FromUnixMillis((*reply)[1].Integer())};
}

boost::asio::awaitable<absl::Status> RedisStock::Set(std::string sku, int64_t quantity,
                                                     Deadline deadline) {
  Command set("SET", InventoryKey(sku), quantity);
  const absl::StatusOr<Reply> reply = co_await client_.Execute(std::move(set), deadline);
  co_return reply.status();
}

Async<int64_t> RedisStock::Get(std::string sku, Deadline deadline) {
  Command get("GET", InventoryKey(sku));
  const absl::StatusOr<Reply> reply = co_await client_.Execute(std::move(get), deadline);
  if (!reply.ok()) co_return reply.status();
  if (reply->IsNil()) {
    co_return base::MakeStatus(absl::StatusCode::kNotFound, "there is no article '" + sku + "'");
  }
  const std::optional<int64_t> number = Number(reply->Text());
  if (!number) {
    co_return base::MakeStatus(absl::StatusCode::kFailedPrecondition,
                               InventoryKey(sku) + " on Redis is not a whole number");
  }
  co_return *number;
}

Async<std::map<std::string, int64_t>> RedisStock::List(Deadline deadline) {
  std::map<std::string, int64_t> stock;
  std::string cursor = "0";
  for (int step = 0; step < kScanSteps && stock.size() < kListMax; ++step) {
    Command scan("SCAN", cursor, "MATCH", std::string(kPrefix) + "*", "COUNT", "1000", "TYPE",
                 "string");
    const absl::StatusOr<Reply> page = co_await client_.Execute(std::move(scan), deadline);
    if (!page.ok()) co_return page.status();
    const redis::ReplyView keys = (*page)[1];
    if (keys.size() > 0) {
      Command get("MGET");
      for (size_t i = 0; i < keys.size(); ++i) get.Arg(keys[i].Text());
      const absl::StatusOr<Reply> values = co_await client_.Execute(std::move(get), deadline);
      if (!values.ok()) co_return values.status();
      for (size_t i = 0; i < keys.size() && stock.size() < kListMax; ++i) {
        const std::optional<int64_t> number = Number((*values)[i].Text());
        if (number) stock[std::string(keys[i].Text().substr(sizeof(kPrefix) - 1))] = *number;
      }
    }
    cursor = (*page)[0].Text();
    if (cursor == "0") break;
  }
  co_return stock;
}

}  // namespace trellis::order
