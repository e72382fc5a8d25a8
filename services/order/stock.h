#ifndef SERVICES_ORDER_STOCK_H_
#define SERVICES_ORDER_STOCK_H_

#include <map>

#include "mesh/base/deadline.h"
#include "services/order/order.h"

namespace trellis::order {

struct Reservation {
  Status state = Status::kReserved;  // or kRejected, kCancelled
  std::string reason = {};
  base::WallTime time = {};
};

struct Release {
  enum class Outcome { kReleased, kUnreserved, kRejected };
  Outcome outcome = Outcome::kReleased;
  base::WallTime time = {};
};

// The port to the stock: how many of an article are free to order. Never negative by our doing.
// Belongs to one reactor. Errors: UNAVAILABLE, DEADLINE_EXCEEDED (a write may have happened; all
// but Set may be repeated and answer what was decided first).
class Stock {
 public:
  virtual ~Stock() = default;
  virtual Async<Reservation> Reserve(std::string order_id, std::string sku, int32_t qty,
                                     base::Deadline deadline) = 0;
  virtual Async<Release> Cancel(std::string order_id, std::string sku, base::Deadline deadline) = 0;
  virtual boost::asio::awaitable<absl::Status> Set(std::string sku, int64_t quantity,
                                                   base::Deadline deadline) = 0;
  // NOT_FOUND; FAILED_PRECONDITION when somebody has put something else there than a number.
  virtual Async<int64_t> Get(std::string sku, base::Deadline deadline) = 0;
  // Up to 1,000 of all.
  virtual Async<std::map<std::string, int64_t>> List(base::Deadline deadline) = 0;
};

}  // namespace trellis::order

#endif  // SERVICES_ORDER_STOCK_H_
