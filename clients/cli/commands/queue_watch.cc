// queue watch: a stream of snapshots.

#include <algorithm>
#include <ostream>

#include "clients/cli/cli.h"
#include "clients/cli/commands/queue.h"
#include "clients/cli/commands/queue_view.h"
#include "clients/cli/commands/watch.h"
#include "clients/cli/duration.h"

namespace trellis::cli {
namespace {

namespace v1 = enqueue::v1;

// On a terminal the counts are drawn over themselves; into a pipe goes a line for each snapshot, so
// that it can be searched and kept.
class View {
 public:
  View(const Arguments& arguments, Context& context)
      : json_(arguments.On("json")), context_(context), terminal_(context.terminal) {}

  void Show(const v1::Queue& queue) {
    if (json_) return PrintJson(queue, terminal_);
    const std::string time = FormatTime(context_.clock.WallNow());
    terminal_.out << (terminal_.CanRedraw() ? Redrawn(queue, time) : Line(queue, time))
                  << std::flush;
    shown_ = true;
  }

  // A message in between: the table begins anew below it.
  void Interrupt(const std::string& message) {
    terminal_.Say(message);
    shown_ = false;
  }

 private:
  std::string Redrawn(const v1::Queue& queue, const std::string& time) {
    const std::string text = RenderQueue(queue) + time + "\n";
    // As many lines up as were drawn, and clear from there (ECMA-48: CPL, ED).
    const auto lines = std::count(text.begin(), text.end(), '\n');
    return shown_ ? "\x1b[" + std::to_string(lines) + "F\x1b[J" + text : text;
  }

  std::string Line(const v1::Queue& queue, const std::string& time) {
    std::vector<Table::Column> columns = QueueColumns();
    columns.insert(columns.begin(), {"TIME"});
    columns.insert(columns.end(), {{"PROCESSED", true}, {"FAILED", true}});
    std::vector<std::string> row = QueueRow(queue);
    row.insert(row.begin(), time);
    row.push_back(std::to_string(queue.processed()));
    row.push_back(std::to_string(queue.failed()));
    Table table(std::move(columns));
    table.Add(std::move(row));
    return shown_ ? table.RenderRows(terminal_) : table.Render(terminal_);
  }

  const bool json_;
  Context& context_;
  Terminal& terminal_;
  bool shown_ = false;
};

ExitCode WatchQueue(const Arguments& arguments, Context& context) {
  QueueClient client(ClientOptions(arguments));
  v1::WatchQueueRequest request;
  request.set_queue(arguments.Positional(0));
  v1::GetQueueRequest question;
  question.set_queue(request.queue());
  View view(arguments, context);
  const Watched<v1::Queue> watched{
      .ask = [&] { return client.Call(&QueueClient::Stub::GetQueue, question).status(); },
      .open = [&](grpc::ClientContext* call) { return client.stub().WatchQueue(call, request); },
      .show = [&](const v1::Queue& queue) { view.Show(queue); },
      .interrupt = [&](const std::string& message) { view.Interrupt(message); }};
  return Watch(watched, arguments, context);
}

}  // namespace

Command QueueWatchCommand() {
  return {.name = "queue watch",
          .summary = "Shows the counts of a queue once a second until interrupted",
          .examples = {{"queue watch emails"}, {"queue watch emails --json >> counts.ndjson"}},
          .positionals = {OptionalQueue()},
          .flags = QueueFlags(),
          .run = WatchQueue};
}

}  // namespace trellis::cli
