#ifndef SERVICES_ORDER_CANCEL_INTENTS_H_
#define SERVICES_ORDER_CANCEL_INTENTS_H_

#include <string>
#include <vector>

#include "mesh/base/deadline.h"
#include "services/order/order.h"

namespace trellis::order {

// The port that remembers which cancellations were begun, so that one whose process died is
// completed by another. Orders come without their reasons. Thread-safe. Errors as of OrderStore;
// each call may be repeated.
class CancelIntents {
 public:
  virtual ~CancelIntents() = default;
  // Writes it down before anything is done about it, unless the order is cancelled. NOT_FOUND;
  // FAILED_PRECONDITION: the order was rejected.
  virtual Async<Order> Request(std::string id, base::Deadline deadline) = 0;
  // It came to nothing: the order was rejected meanwhile.
  virtual boost::asio::awaitable<absl::Status> Withdraw(std::string id,
                                                        base::Deadline deadline) = 0;
  // Those that were begun longer than `age` ago and are not done, the oldest first.
  virtual Async<std::vector<Order>> Unfinished(base::milliseconds age, int limit,
                                               base::Deadline deadline) = 0;
};

}  // namespace trellis::order

#endif  // SERVICES_ORDER_CANCEL_INTENTS_H_
