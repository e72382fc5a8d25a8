#include "services/order/status_counts.h"

namespace trellis::order {

StatusCounts::StatusCounts(OrderStore& store, const base::Clock& clock)
    : store_(store),
      clock_(clock),
      batcher_([this](const std::vector<Question>& questions,
                      base::Deadline deadline) { return Answer(questions.size(), deadline); },
               {.max_under_way = 1}) {}

Async<StatusCounts::Counts> StatusCounts::Get(base::Deadline deadline) {
  co_return co_await batcher_.Do(Question{}, deadline);
}

Async<std::vector<StatusCounts::Counts>> StatusCounts::Answer(size_t questions,
                                                              base::Deadline deadline) {
  const base::SteadyTime asked = clock_.Now();
  if (asked >= good_until_) {
    absl::StatusOr<Counts> counted = co_await store_.CountByStatus(deadline);
    if (!counted.ok()) co_return counted.status();
    counts_ = *std::move(counted);
    const base::SteadyTime answered = clock_.Now();
    good_until_ = answered + 10 * (answered - asked);
  }
  co_return std::vector<Counts>(questions, counts_);
}

}  // namespace trellis::order
