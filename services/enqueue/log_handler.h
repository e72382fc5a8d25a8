#ifndef SERVICES_ENQUEUE_LOG_HANDLER_H_
#define SERVICES_ENQUEUE_LOG_HANDLER_H_

#include "mesh/output/output_log.h"
#include "services/enqueue/job_handler.h"

namespace trellis::enqueue {

// The built-in handler: one line per job in an OutputLog, once also for jobs that are delivered
// again. `processing_delay` stands for work that takes time.
class LogHandler final : public JobHandler {
 public:
  LogHandler(output::OutputLog& log, const base::Clock& clock, milliseconds processing_delay)
      : log_(log), clock_(clock), processing_delay_(processing_delay) {}

  boost::asio::awaitable<absl::Status> Handle(const ClaimedJob& job) override;

 private:
  output::OutputLog& log_;
  const base::Clock& clock_;
  const milliseconds processing_delay_;
};

}  // namespace trellis::enqueue

#endif  // SERVICES_ENQUEUE_LOG_HANDLER_H_
