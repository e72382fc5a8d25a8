#include "services/post/invalidation_sweeper.h"

namespace trellis::post {

namespace asio = boost::asio;
using base::Deadline;
using base::milliseconds;

namespace {

constexpr milliseconds kTimeout{5000};
// A node that is away holds up its own rows only so long.
constexpr milliseconds kPatience{1000};
// After which what could not be told, or was in the hands of one who died, is taken again.
constexpr milliseconds kLease{3000};

}  // namespace

InvalidationSweeper::InvalidationSweeper(InvalidationOutbox& outbox, Invalidator& invalidator,
                                         telemetry::Metrics& metrics, SweeperOptions options)
    : outbox_(outbox),
      invalidator_(invalidator),
      options_(options),
      swept_(metrics.AddCounter("trellis_post_invalidations_swept_total",
                                "Writes that the outbox made known to the caches")),
      depth_(metrics.AddGauge("trellis_post_invalidation_outbox_depth",
                              "Writes whose outbox row is not removed yet")),
      oldest_age_(metrics.AddGauge("trellis_post_invalidation_outbox_oldest_age_seconds",
                                   "Age of the oldest outbox row")) {}

asio::awaitable<bool> InvalidationSweeper::Sweep() {
  const auto stats = co_await outbox_.Stats(Deadline::After(kTimeout));
  if (stats.ok()) {
    depth_.Set(static_cast<double>(stats->depth));
    oldest_age_.Set(std::chrono::duration<double>(stats->oldest_age).count());
  }
  const auto rows =
      co_await outbox_.Take(options_.age, kLease, options_.batch, Deadline::After(kTimeout));
  if (!rows.ok() || rows->empty()) co_return false;
  const auto told = co_await invalidator_.Announce(*rows, Deadline::After(kPatience));
  std::vector<int64_t> done;
  for (size_t i = 0; i < rows->size(); ++i) {
    if (told[i].ok()) done.push_back((*rows)[i].id);
  }
  if (done.empty()) co_return false;
  const size_t count = done.size();
  const absl::Status removed = co_await outbox_.Remove(std::move(done), Deadline::After(kTimeout));
  if (!removed.ok()) co_return false;
  swept_.Increment(static_cast<double>(count));
  co_return count == static_cast<size_t>(options_.batch);
}

}  // namespace trellis::post
