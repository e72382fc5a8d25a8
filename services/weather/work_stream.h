#ifndef SERVICES_WEATHER_WORK_STREAM_H_
#define SERVICES_WEATHER_WORK_STREAM_H_

#include <string>
#include <vector>

#include "mesh/base/deadline.h"
#include "services/weather/async.h"

namespace trellis::weather {

// A claim on a request. The delivery count is its fencing token: whoever claims the request next
// has a higher one.
struct WorkRef {
  std::string entry;
  int64_t deliveries = 1;
};

// A request in the hands of a worker.
struct Work {
  WorkRef ref;
  std::string id;
  std::string reply_stream;
  std::string body;
  std::string traceparent;
  std::string request_id;
  int64_t deadline_ms = 0;  // Unix time by the stream's clock
};

// What became of it.
struct Answer {
  WorkRef ref;
  std::string id;
  std::string reply_stream;  // empty: discarded, nobody waits for a reply
  absl::StatusOr<std::string> body = "";
};

enum class AnswerResult {
  kRefused,  // it is no longer this worker's, or was answered before
  kDone,
  kNobodyWaits,  // done, but the instance that asked is gone
};

// The port through which a worker takes requests and answers them. Belongs to one reactor. A
// request that is neither answered nor renewed is another worker's after a while; then this one's
// answer is refused. Errors: UNAVAILABLE and DEADLINE_EXCEEDED (it may have happened).
class WorkStream {
 public:
  virtual ~WorkStream() = default;
  // Up to `want` requests that nobody had; waits up to `patience` for the first.
  [[nodiscard]] virtual Async<std::vector<Work>> Read(int want, milliseconds patience) = 0;
  struct Claimed {
    std::vector<Work> works;
    bool more = false;  // there may be others: not all was looked at
  };
  // Up to `want` that others left unanswered, or this worker, when it did not renew them: also what
  // it has in hand, under a higher token then. At once. The next call goes on where this one ended.
  [[nodiscard]] virtual Async<Claimed> Claim(int want, base::Deadline deadline) = 0;
  // Results in the order of the answers. Repeating it is safe: what was done is refused then.
  [[nodiscard]] virtual Async<std::vector<AnswerResult>> Send(const std::vector<Answer>& answers,
                                                              base::Deadline deadline) = 0;
  // Keeps them this worker's. How many are not any more.
  [[nodiscard]] virtual Async<int> Renew(const std::vector<WorkRef>& refs,
                                         base::Deadline deadline) = 0;
  // Gives them back, to be claimed at once.
  [[nodiscard]] virtual Async<int> Release(const std::vector<WorkRef>& refs,
                                           base::Deadline deadline) = 0;

  // Looks at the stream's clock, on which TimeLeft stands.
  [[nodiscard]] virtual boost::asio::awaitable<absl::Status> SyncClock(base::Deadline deadline) = 0;
  // Until the request's deadline, at least: never more than is really left. Read and Claim hand out
  // no request before the clock is known.
  [[nodiscard]] virtual milliseconds TimeLeft(const Work& work) const = 0;

  struct Kept {
    int trimmed = 0;    // entries with which everybody is done
    int consumers = 0;  // forgotten, since nothing is pending on them and they are long gone
  };
  // Keeps the stream small.
  [[nodiscard]] virtual Async<Kept> Upkeep(base::Deadline deadline) = 0;
  // This worker goes; it is forgotten unless something is pending on it.
  [[nodiscard]] virtual boost::asio::awaitable<absl::Status> Leave(base::Deadline deadline) = 0;
};

}  // namespace trellis::weather

#endif  // SERVICES_WEATHER_WORK_STREAM_H_
