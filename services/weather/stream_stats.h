#ifndef SERVICES_WEATHER_STREAM_STATS_H_
#define SERVICES_WEATHER_STREAM_STATS_H_

#include "mesh/base/deadline.h"
#include "services/weather/async.h"

namespace trellis::weather {

struct StreamStats {
  int64_t request_stream_length = 0;
  int64_t pending = 0;  // a worker has them
  int64_t lag = 0;      // no worker has taken them
  int64_t consumers = 0;
  int64_t reply_stream_length = 0;
};

// The port through which the service looks at its streams. Belongs to one reactor.
class StreamInspector {
 public:
  virtual ~StreamInspector() = default;
  [[nodiscard]] virtual Async<StreamStats> Stats(base::Deadline deadline) = 0;
};

}  // namespace trellis::weather

#endif  // SERVICES_WEATHER_STREAM_STATS_H_
