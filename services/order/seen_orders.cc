#include "services/order/seen_orders.h"

namespace trellis::order {

using base::Deadline;
using redis::Command;
using redis::Reply;

namespace {

constexpr int64_t kRememberSeconds = 24 * 60 * 60;
// More would be slower than Postgres, which knows for certain.
constexpr base::milliseconds kPatience{100};

std::string Key(const std::string& order_id) { return "idemp:" + order_id; }

}  // namespace

boost::asio::awaitable<bool> SeenOrders::Seen(std::string order_id, Deadline deadline) {
  Command exists("EXISTS", Key(order_id));
  const absl::StatusOr<Reply> reply = co_await client_.Execute(
      std::move(exists), Deadline::Min(deadline, Deadline::After(kPatience)));
  co_return reply.ok() && reply->Integer() == 1;
}

boost::asio::awaitable<void> SeenOrders::Remember(std::string order_id, Deadline deadline) {
  Command set("SET", Key(order_id), "1", "EX", kRememberSeconds);
  (void)co_await client_.Execute(std::move(set),
                                 Deadline::Min(deadline, Deadline::After(kPatience)));
}

}  // namespace trellis::order
