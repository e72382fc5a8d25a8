#ifndef SERVICES_POST_INVALIDATION_SWEEPER_H_
#define SERVICES_POST_INVALIDATION_SWEEPER_H_

#include "mesh/telemetry/metrics.h"
#include "services/post/invalidator.h"

namespace trellis::post {

struct SweeperOptions {
  // Writers invalidate by themselves; what is younger is theirs.
  base::milliseconds age{1'000};
  int batch = 500;
};

// Makes writes known to the caches again from the outbox, since a writer may have died between its
// commit and that, or the node that it told may have been deposed. Runs in every process on one of
// its reactors. Borrows its ports.
class InvalidationSweeper {
 public:
  InvalidationSweeper(InvalidationOutbox& outbox, Invalidator& invalidator,
                      telemetry::Metrics& metrics, SweeperOptions options = {});

  // One batch; true when there may be more.
  boost::asio::awaitable<bool> Sweep();

 private:
  InvalidationOutbox& outbox_;
  Invalidator& invalidator_;
  const SweeperOptions options_;
  telemetry::Counter& swept_;
  telemetry::Gauge& depth_;
  telemetry::Gauge& oldest_age_;
};

}  // namespace trellis::post

#endif  // SERVICES_POST_INVALIDATION_SWEEPER_H_
