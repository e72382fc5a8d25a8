#include "services/order/seen_orders.h"

#include "mesh/redis/script.h"
#include "services/order/lua_sources.h"

namespace trellis::order {

using base::Deadline;
using redis::Command;
using redis::Reply;

namespace {

constexpr int64_t kRememberSeconds = 24 * 60 * 60;
// More would be slower than Postgres, which knows for certain.
constexpr base::milliseconds kPatience{100};

using Ids = std::vector<std::string>;

const redis::Script& RememberScript() {
  static const redis::Script script(kRememberOrdersLua);
  return script;
}

std::string Key(const std::string& order_id) { return "idemp:" + order_id; }

Async<std::vector<bool>> SeenAll(redis::Client& client, const Ids& orders, Deadline deadline) {
  Command get("MGET");
  for (const std::string& id : orders) get.Arg(Key(id));
  const absl::StatusOr<Reply> reply = co_await client.Execute(std::move(get), deadline);
  if (!reply.ok()) co_return reply.status();
  std::vector<bool> seen;
  for (size_t i = 0; i < reply->size(); ++i) seen.push_back(!(*reply)[i].IsNil());
  co_return seen;
}

Async<std::vector<bool>> RememberAll(redis::Client& client, const Ids& orders, Deadline deadline) {
  Command call = RememberScript().Call(static_cast<int>(orders.size()));
  for (const std::string& id : orders) call.Arg(Key(id));
  call.Arg(kRememberSeconds);
  const absl::StatusOr<Reply> reply =
      co_await RememberScript().Run(client, std::move(call), deadline);
  if (!reply.ok()) co_return reply.status();
  co_return std::vector<bool>(orders.size(), true);
}

}  // namespace

SeenOrders::SeenOrders(redis::Client& client)
    : seeing_([&client](const Ids& orders, Deadline deadline) {
        return SeenAll(client, orders, deadline);
      }),
      remembering_([&client](const Ids& orders, Deadline deadline) {
        return RememberAll(client, orders, deadline);
      }) {}

boost::asio::awaitable<bool> SeenOrders::Seen(std::string order_id, Deadline deadline) {
  const absl::StatusOr<bool> seen =
      co_await seeing_.Do(std::move(order_id), Deadline::Min(deadline, Deadline::After(kPatience)));
  co_return seen.ok() && *seen;
}

boost::asio::awaitable<void> SeenOrders::Remember(std::string order_id, Deadline deadline) {
  (void)co_await remembering_.Do(std::move(order_id),
                                 Deadline::Min(deadline, Deadline::After(kPatience)));
}

}  // namespace trellis::order
