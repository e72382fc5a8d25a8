#ifndef SERVICES_WEATHER_REQUEST_CHANNEL_H_
#define SERVICES_WEATHER_REQUEST_CHANNEL_H_

#include <string>

#include "mesh/base/deadline.h"
#include "services/weather/async.h"

namespace trellis::weather {

struct Request {
  std::string id;  // correlates the reply; the same in all attempts of a call
  std::string body;
  std::string traceparent = {};
  std::string request_id = {};
};

struct Reply {
  std::string body;
  std::string served_by;
  int64_t written_ms = 0;  // when it was, by the clock of who keeps requests and replies
};

// The port through which the service asks the workers. Belongs to one reactor; suspends, never
// blocks.
class RequestChannel {
 public:
  virtual ~RequestChannel() = default;
  // Answers once, by the deadline at the latest:
  //   OK                  the reply
  //   RESOURCE_EXHAUSTED  too many requests wait already: not sent
  //   UNAVAILABLE         not sent, or lost: a repeat with the same id is safe where the work is,
  //                       and the reply to either attempt is taken
  //   DEADLINE_EXCEEDED   no reply in time
  //   CANCELLED           the caller was cancelled
  //   anything else       as the worker answered it
  [[nodiscard]] virtual Async<Reply> Call(Request request, base::Deadline deadline) = 0;
};

}  // namespace trellis::weather

#endif  // SERVICES_WEATHER_REQUEST_CHANNEL_H_
