#include "services/order/file_notifier.h"

#include "mesh/telemetry/log.h"

namespace trellis::order {
namespace {

// An order is not that long on its way; older lines need not be looked at.
constexpr base::milliseconds kLookBack = std::chrono::hours(24);

}  // namespace

boost::asio::awaitable<absl::Status> FileNotifier::Send(const Notification& notification) {
  const output::OutputLog::TicketPtr ticket = log_.Begin(notification.order_id);
  output::OutputLog::Line line{clock_.WallNow(), notification.text, std::nullopt};
  if (notification.outcome_unknown) line.look_back_to = clock_.WallNow() - kLookBack;
  absl::Status status = co_await log_.Commit(*ticket, line);
  if (status.ok()) {
    telemetry::Log(telemetry::Level::kInfo, "notified", {{"order", notification.order_id}});
  }
  co_return status;
}

}  // namespace trellis::order
