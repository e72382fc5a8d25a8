// order watch: a stream of dashboards.

#include <ostream>

#include "clients/cli/cli.h"
#include "clients/cli/commands/order.h"
#include "clients/cli/commands/order_view.h"
#include "clients/cli/commands/time_stamp.h"
#include "clients/cli/commands/watch.h"
#include "clients/cli/duration.h"

namespace trellis::cli {
namespace {

namespace v1 = order::v1;

// A line for each dashboard, the titles above the first.
class View {
 public:
  View(const Arguments& arguments, Terminal& terminal)
      : json_(arguments.On("json")), terminal_(terminal) {}

  void Show(const v1::Dashboard& dashboard) {
    if (json_) return PrintJson(dashboard, terminal_);
    std::vector<Table::Column> columns = DashboardColumns();
    columns.insert(columns.begin(), {"TIME"});
    std::vector<std::string> row = DashboardRow(dashboard);
    row.insert(row.begin(), FormatTime(TimeOf(dashboard.time())));
    Table table(std::move(columns));
    table.Add(std::move(row));
    terminal_.out << (shown_ ? table.RenderRows(terminal_) : table.Render(terminal_)) << std::flush;
    shown_ = true;
  }

  // A message in between: the titles stand again below it.
  void Interrupt(const std::string& message) {
    terminal_.Say(message);
    shown_ = false;
  }

 private:
  const bool json_;
  Terminal& terminal_;
  bool shown_ = false;
};

ExitCode WatchDashboard(const Arguments& arguments, Context& context) {
  OrderClient client(ClientOptions(arguments));
  const v1::GetDashboardRequest request;
  View view(arguments, context.terminal);
  const Watched<v1::Dashboard> watched{
      .ask = [&] { return client.Call(&OrderClient::Stub::GetDashboard, request).status(); },
      .open =
          [&](grpc::ClientContext* call) { return client.stub().WatchDashboard(call, request); },
      .show = [&](const v1::Dashboard& dashboard) { view.Show(dashboard); },
      .interrupt = [&](const std::string& message) { view.Interrupt(message); }};
  return Watch(watched, arguments, context);
}

}  // namespace

Command OrderWatchCommand() {
  return {.name = "order watch",
          .summary = "Shows the counts of orders once a second until interrupted",
          .examples = {{"order watch"}, {"order watch --json >> dashboard.ndjson"}},
          .flags = OrderFlags(),
          .notes =
              "OUTBOX are orders that wait for RabbitMQ, OLDEST for how long; --json has the "
              "stock, too.",
          .run = WatchDashboard};
}

}  // namespace trellis::cli
