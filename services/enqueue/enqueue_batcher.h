#ifndef SERVICES_ENQUEUE_ENQUEUE_BATCHER_H_
#define SERVICES_ENQUEUE_ENQUEUE_BATCHER_H_

#include <boost/asio/any_io_executor.hpp>
#include <map>
#include <memory>

#include "mesh/base/completion.h"
#include "mesh/redis/client.h"
#include "services/enqueue/job_queue.h"

namespace trellis::enqueue {

// Sends what callers enqueue together as one call of lua/enqueue.lua for each queue: what comes in
// one turn of the reactor and, while a call is under way, what comes until its answer. So a request
// that is alone goes out at once, and the more there are, the fewer scripts does Redis run for
// them. Every request still gets its own answer and is stored all or not at all. Holds references;
// belongs to the client's reactor, and outlives the calls under way on it.
class EnqueueBatcher {
 public:
  EnqueueBatcher(redis::Client& client, const base::Clock& clock, int64_t depth_limit)
      : client_(client), clock_(clock), depth_limit_(depth_limit) {}

  // As JobQueue::Enqueue. Requests whose deadlines are near each other may share the earliest.
  [[nodiscard]] Async<std::vector<EnqueueResult>> Enqueue(std::string queue,
                                                          std::vector<NewJob> jobs,
                                                          base::Deadline deadline);

 private:
  using Outcome = absl::StatusOr<std::vector<EnqueueResult>>;
  struct Request {
    std::vector<EnqueueResult> results;  // with the new ids
    std::unique_ptr<base::Completion<Outcome>> waiting;
  };
  struct Batch;
  // Of one queue; there is none while nothing is under way.
  struct Lane {
    std::shared_ptr<Batch> gathering = nullptr;
    int under_way = 0;  // calls that Redis has not answered
  };

  void Join(const std::string& queue, Request request, const std::vector<NewJob>& jobs,
            base::Deadline deadline, const boost::asio::any_io_executor& executor);
  // Sends the batch, and after it what has gathered meanwhile.
  boost::asio::awaitable<void> Send(std::shared_ptr<Batch> batch);
  boost::asio::awaitable<void> Exchange(Batch& batch);
  [[nodiscard]] Outcome OutcomeOf(const Batch& batch, Request& request, redis::ReplyView answer);

  redis::Client& client_;
  const base::Clock& clock_;
  const int64_t depth_limit_;
  std::map<std::string, Lane> lanes_;  // by queue
};

}  // namespace trellis::enqueue

#endif  // SERVICES_ENQUEUE_ENQUEUE_BATCHER_H_
