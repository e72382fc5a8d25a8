#ifndef SERVICES_ORDER_ORDER_TRACES_H_
#define SERVICES_ORDER_ORDER_TRACES_H_

#include <optional>
#include <string>
#include <vector>

#include "mesh/base/deadline.h"
#include "services/order/order.h"

namespace trellis::order {

// What Redis remembers of an order: what Stock and NotificationLedger wrote.
struct OrderTrace {
  // Reserved, rejected or cancelled; nothing: no reservation is known.
  std::optional<Status> decision = {};
  std::string sku = {};
  int32_t qty = 0;  // 0: cancelled before anything was reserved
  std::string reason = {};
  base::WallTime decided_at = {};
  std::optional<base::WallTime> cancelled_at = {};

  enum class Notice { kNone, kClaimed, kSent };
  Notice notice = Notice::kNone;
  base::WallTime claimed_until = {};
  base::WallTime sent_at = {};
};

struct ReservationPage {
  std::vector<std::string> order_ids = {};
  std::string next = {};  // empty: that was all
};

// The port to what Redis remembers of orders, for whoever compares it with Postgres. Belongs to one
// reactor. Errors as of Stock; writes may be repeated.
class OrderTraces {
 public:
  virtual ~OrderTraces() = default;

  // In the order of the ids.
  virtual Async<std::vector<OrderTrace>> Read(std::vector<std::string> ids,
                                              base::Deadline deadline) = 0;
  // Orders that have a reservation, about `count` of them; `after` is what the page before said.
  // One that is there all the time is seen at least once. INVALID_ARGUMENT names page_token.
  virtual Async<ReservationPage> Reservations(std::string after, int count,
                                              base::Deadline deadline) = 0;

  // Writes down what Postgres knows, unless something is there, and leaves the stock as it is.
  virtual boost::asio::awaitable<absl::Status> RestoreReservation(Order order,
                                                                  base::Deadline deadline) = 0;
  virtual boost::asio::awaitable<absl::Status> RestoreNotification(std::string id,
                                                                   base::WallTime sent_at,
                                                                   base::Deadline deadline) = 0;
  // Gives back what is reserved and forgets the order, unless its reservation is another one than
  // that of `decided_at`.
  virtual boost::asio::awaitable<absl::Status> Forget(std::string id, std::string sku,
                                                      base::WallTime decided_at,
                                                      base::Deadline deadline) = 0;
};

}  // namespace trellis::order

#endif  // SERVICES_ORDER_ORDER_TRACES_H_
