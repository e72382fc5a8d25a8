#include "services/enqueue/log_handler.h"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "mesh/telemetry/log.h"

namespace trellis::enqueue {

namespace asio = boost::asio;

asio::awaitable<absl::Status> LogHandler::Handle(const ClaimedJob& job) {
  const output::OutputLog::TicketPtr ticket = log_.Begin(job.ref.id);
  if (telemetry::LogEnabled(telemetry::Level::kDebug)) {
    telemetry::Log(telemetry::Level::kDebug, "dequeued message",
                   {{"id", job.ref.id},
                    {"text", job.message},
                    {"traceparent", job.traceparent},
                    {"request_id", job.request_id}});
  }
  if (processing_delay_.count() > 0) {
    asio::steady_timer timer(co_await asio::this_coro::executor, processing_delay_);
    boost::system::error_code ignored;
    co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
  }
  output::OutputLog::Line line{clock_.WallNow(), job.message, std::nullopt};
  if (job.redelivered) line.look_back_to = job.enqueued_at;
  co_return co_await log_.Commit(*ticket, line);
}

}  // namespace trellis::enqueue
