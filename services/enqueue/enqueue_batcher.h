#ifndef SERVICES_ENQUEUE_ENQUEUE_BATCHER_H_
#define SERVICES_ENQUEUE_ENQUEUE_BATCHER_H_

#include <boost/asio/any_io_executor.hpp>
#include <map>
#include <memory>

#include "mesh/base/completion.h"
#include "mesh/redis/client.h"
#include "services/enqueue/job_queue.h"

namespace trellis::enqueue {

// Sends what callers enqueue in one turn of the reactor as one call of lua/enqueue.lua for each
// queue: under load, Redis runs a script for a handful of requests, not for each. Every request
// still gets its own answer and is stored all or not at all. Holds references; belongs to the
// client's reactor, and outlives the calls under way on it.
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

  void Join(const std::string& queue, Request request, const std::vector<NewJob>& jobs,
            base::Deadline deadline, const boost::asio::any_io_executor& executor);
  boost::asio::awaitable<void> Send(std::shared_ptr<Batch> batch);
  [[nodiscard]] Outcome OutcomeOf(const Batch& batch, Request& request, redis::ReplyView answer);

  redis::Client& client_;
  const base::Clock& clock_;
  const int64_t depth_limit_;
  std::map<std::string, std::shared_ptr<Batch>> gathering_;  // by queue
};

}  // namespace trellis::enqueue

#endif  // SERVICES_ENQUEUE_ENQUEUE_BATCHER_H_
