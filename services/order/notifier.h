#ifndef SERVICES_ORDER_NOTIFIER_H_
#define SERVICES_ORDER_NOTIFIER_H_

#include "services/order/order.h"

namespace trellis::order {

struct Notification {
  std::string order_id;
  std::string text;
  // An earlier attempt may have sent it: a notifier that can tell does not send it again.
  bool outcome_unknown = false;
};

// The port to the customer. Send may be called again for an order after a crash; the order's id
// goes with it so that the other side can tell. Errors: tried again later, unless INVALID_ARGUMENT
// or FAILED_PRECONDITION, which mean never.
class Notifier {
 public:
  virtual ~Notifier() = default;
  virtual boost::asio::awaitable<absl::Status> Send(const Notification& notification) = 0;
};

}  // namespace trellis::order

#endif  // SERVICES_ORDER_NOTIFIER_H_
