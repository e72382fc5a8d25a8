#ifndef SERVICES_ORDER_TESTING_FAKE_ORDER_STORE_H_
#define SERVICES_ORDER_TESTING_FAKE_ORDER_STORE_H_

#include <map>
#include <string>
#include <vector>

#include "services/order/order_store.h"
#include "services/order/testing/calls.h"

namespace trellis::order::testing {

// An OrderStore in memory, without idempotency keys and pages. Single-threaded.
class FakeOrderStore final : public OrderStore {
 public:
  explicit FakeOrderStore(Calls& calls) : calls_(calls) {}

  void Add(const std::string& id);

  Async<PlaceResult> Place(NewOrder order, base::milliseconds lease,
                           base::Deadline deadline) override;
  Async<Order> Get(std::string id, base::Deadline deadline) override;
  Async<OrderPage> List(std::optional<Status> status, int page_size, std::string page_token,
                        base::Deadline deadline) override;
  boost::asio::awaitable<absl::Status> SetReserved(std::string id, base::WallTime at,
                                                   base::Deadline deadline) override;
  boost::asio::awaitable<absl::Status> SetRejected(std::string id, std::string reason,
                                                   base::WallTime at,
                                                   base::Deadline deadline) override;
  boost::asio::awaitable<absl::Status> SetNotified(std::string id, base::WallTime at,
                                                   base::Deadline deadline) override;
  Async<Order> SetCancelled(std::string id, bool released, base::WallTime at,
                            base::Deadline deadline) override;
  Async<std::vector<OutboxRow>> ClaimOutbox(int limit, base::milliseconds lease,
                                            base::Deadline deadline) override;
  boost::asio::awaitable<absl::Status> DeleteOutbox(std::vector<int64_t> ids,
                                                    base::Deadline deadline) override;
  Async<OutboxStats> GetOutboxStats(base::Deadline deadline) override;
  Async<std::map<std::string, int64_t>> CountByStatus(base::Deadline deadline) override;

  std::map<std::string, Order> orders;
  std::vector<OutboxRow> claimable;  // each is given out once
  std::vector<int64_t> deleted;      // ids of outbox rows

 private:
  // Brings the order to `status` and notes the time in `field`.
  absl::StatusOr<Order> Change(const std::string& method, const std::string& id, Status status,
                               std::optional<base::WallTime> Order::*field, base::WallTime at);

  Calls& calls_;
};

}  // namespace trellis::order::testing

#endif  // SERVICES_ORDER_TESTING_FAKE_ORDER_STORE_H_
