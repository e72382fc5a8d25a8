#ifndef SERVICES_ORDER_STATUS_COUNTS_H_
#define SERVICES_ORDER_STATUS_COUNTS_H_

#include <map>
#include <string>

#include "mesh/base/batcher.h"
#include "services/order/order_store.h"

namespace trellis::order {

// How many orders there are in each status, for any number of watchers. Exact, but as of a moment
// ago: Postgres has to look at an index entry of each order, so one count at a time is made, for
// all that ask, and serves for ten times as long as it took. Few orders are counted again at each
// question; millions never take more than a tenth of one connection's time. (Counters that each
// change of an order moves along would be cheap to read, but the change of every order would wait
// for the same few rows.) Thread-safe; holds references.
class StatusCounts {
 public:
  using Counts = std::map<std::string, int64_t>;

  StatusCounts(OrderStore& store, const base::Clock& clock);
  // Errors as of OrderStore.
  [[nodiscard]] Async<Counts> Get(base::Deadline deadline);

 private:
  struct Question {};
  Async<std::vector<Counts>> Answer(size_t questions, base::Deadline deadline);

  OrderStore& store_;
  const base::Clock& clock_;
  // Of the one batch that is under way.
  Counts counts_;
  base::SteadyTime good_until_ = base::SteadyTime::min();
  base::Batcher<Question, Counts> batcher_;
};

}  // namespace trellis::order

#endif  // SERVICES_ORDER_STATUS_COUNTS_H_
