#ifndef SERVICES_ORDER_ORDER_STORE_H_
#define SERVICES_ORDER_ORDER_STORE_H_

#include <map>

#include "mesh/base/deadline.h"
#include "services/order/order.h"

namespace trellis::order {

struct PlaceResult {
  enum class Outcome {
    kAccepted,
    kDuplicate,    // there is an order with this id
    kReplayed,     // the same request with the same idempotency key was accepted before
    kKeyMismatch,  // the key was used for another request
    kKeyInUse,     // a request with the key is under way
  };
  Outcome outcome = Outcome::kAccepted;
  Order order = {};    // accepted, replayed
  OutboxRow row = {};  // accepted: leased to the caller, who publishes it
};

struct OrderPage {
  std::vector<Order> orders = {};
  std::string next_page_token = {};
};

struct OutboxStats {
  int64_t depth = 0;
  base::milliseconds oldest_age{0};
};

// The port to the truth about orders: what it answers OK to is durable. Thread-safe.
// Errors of all: UNAVAILABLE, DEADLINE_EXCEEDED, RESOURCE_EXHAUSTED (nothing happened), UNKNOWN
// (the outcome is: also when the deadline passed while the work was under way together with that of
// others, which goes on. An order that was placed so keeps its lease and its message is published
// once that ends).
class OrderStore {
 public:
  virtual ~OrderStore() = default;

  // The order, its message in the outbox and its idempotency key: all or nothing. `lease`: for so
  // long nobody else publishes the message.
  virtual Async<PlaceResult> Place(NewOrder order, base::milliseconds lease,
                                   base::Deadline deadline) = 0;
  // NOT_FOUND.
  virtual Async<Order> Get(std::string id, base::Deadline deadline) = 0;
  // Newest first. INVALID_ARGUMENT names page_token when it is not one of ours.
  virtual Async<OrderPage> List(std::optional<Status> status, int page_size, std::string page_token,
                                base::Deadline deadline) = 0;

  // What became of an order. Each may be said again, in any number, and changes nothing then; none
  // undoes a later one (a cancelled order stays so). NOT_FOUND.
  virtual boost::asio::awaitable<absl::Status> SetReserved(std::string id, base::WallTime at,
                                                           base::Deadline deadline) = 0;
  virtual boost::asio::awaitable<absl::Status> SetRejected(std::string id, std::string reason,
                                                           base::WallTime at,
                                                           base::Deadline deadline) = 0;
  virtual boost::asio::awaitable<absl::Status> SetNotified(std::string id, base::WallTime at,
                                                           base::Deadline deadline) = 0;
  // `released`: stock was given back.
  virtual Async<Order> SetCancelled(std::string id, bool released, base::WallTime at,
                                    base::Deadline deadline) = 0;

  // Messages that nobody holds a lease of, oldest first, one for each order, leased to the caller.
  virtual Async<std::vector<OutboxRow>> ClaimOutbox(int limit, base::milliseconds lease,
                                                    base::Deadline deadline) = 0;
  // They are published: forgets them.
  virtual boost::asio::awaitable<absl::Status> DeleteOutbox(std::vector<int64_t> ids,
                                                            base::Deadline deadline) = 0;
  virtual Async<OutboxStats> GetOutboxStats(base::Deadline deadline) = 0;
  virtual Async<std::map<std::string, int64_t>> CountByStatus(base::Deadline deadline) = 0;
};

}  // namespace trellis::order

#endif  // SERVICES_ORDER_ORDER_STORE_H_
