#ifndef SERVICES_WEATHER_REQUEST_HANDLER_H_
#define SERVICES_WEATHER_REQUEST_HANDLER_H_

#include "mesh/base/deadline.h"
#include "services/weather/work_stream.h"

namespace trellis::weather {

// The port behind which a worker's work is done. Belongs to the worker's reactor.
class RequestHandler {
 public:
  virtual ~RequestHandler() = default;
  // The body of the reply, or the error that the caller gets. `work` lives until it has ended. It
  // may run for the same request more than once.
  [[nodiscard]] virtual Async<std::string> Handle(const Work& work, base::Deadline deadline) = 0;
};

}  // namespace trellis::weather

#endif  // SERVICES_WEATHER_REQUEST_HANDLER_H_
