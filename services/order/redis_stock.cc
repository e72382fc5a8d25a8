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

RedisStock::RedisStock(redis::Client& client)
    : client_(client), reserving_([this](const std::vector<Wanted>& orders, Deadline deadline) {
        return ReserveAll(orders, deadline);
      }) {}

Async<Reservation> RedisStock::Reserve(std::string order_id, std::string sku, int32_t qty,
                                       Deadline deadline) {
  Wanted wanted{std::move(order_id), std::move(sku), qty};
  absl::StatusOr<Decision> decision = co_await reserving_.Do(std::move(wanted), deadline);
  if (!decision.ok()) co_return decision.status();
  co_return std::move(decision->reservation);
}

Async<std::vector<RedisStock::Decision>> RedisStock::ReserveAll(const std::vector<Wanted>& orders,
                                                                Deadline deadline) {
  Command call = ReserveScript().Call(static_cast<int>(2 * orders.size()));
  for (const Wanted& order : orders) {
    call.Arg(InventoryKey(order.sku)).Arg(ReservationKey(order.order_id));
  }
  call.Arg(kRememberOrders.count());
  for (const Wanted& order : orders) call.Arg(order.sku).Arg(order.qty);
  const absl::StatusOr<Reply> reply =
      co_await ReserveScript().Run(client_, std::move(call), deadline);
  if (!reply.ok()) co_return reply.status();
  std::vector<Decision> decisions;
  for (size_t i = 0; i < reply->size(); ++i) {
    const redis::ReplyView answer = (*reply)[i];
    if (answer.IsError()) {
      decisions.push_back({redis::StatusFromError(answer.Text())});
    } else {
      decisions.push_back(
          {Reservation{StatusFromName(answer[0].Text()), std::string(answer[1].Text()),
                       base::FromUnixMillis(answer[2].Integer())}});
    }
  }
  co_return decisions;
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
