// queue ls, pause, resume: verbs that answer with queues.

#include <ostream>

#include "clients/cli/cli.h"
#include "clients/cli/commands/queue.h"
#include "clients/cli/commands/queue_view.h"
#include "clients/cli/text.h"

namespace trellis::cli {
namespace {

namespace v1 = enqueue::v1;

ExitCode List(const Arguments& arguments, Context& context) {
  QueueClient client(ClientOptions(arguments));
  const auto response = client.Call(&QueueClient::Stub::ListQueues, v1::ListQueuesRequest());
  if (!response.ok()) return ReportFailure(response.status(), arguments, context.terminal);
  if (arguments.On("json")) {
    PrintJson(*response, context.terminal);
    return ExitCode::kOk;
  }
  Table table(QueueColumns());
  for (const v1::Queue& queue : response->queues()) table.Add(QueueRow(queue));
  context.terminal.out << table.Render(context.terminal);
  return ExitCode::kOk;
}

ExitCode SayState(const absl::StatusOr<v1::Queue>& queue, const Arguments& arguments,
                  Context& context) {
  if (!queue.ok()) return ReportFailure(queue.status(), arguments, context.terminal);
  if (arguments.On("json")) PrintJson(*queue, context.terminal);
  context.terminal.Say(
      queue->paused() ? queue->name() + " is paused; " + Counted(queue->in_flight(), "job") +
                            " in flight will end, " + Counted(queue->ready(), "job") + " will wait"
                      : queue->name() + " runs; " + Counted(queue->ready(), "job") + " ready");
  return ExitCode::kOk;
}

ExitCode Pause(const Arguments& arguments, Context& context) {
  QueueClient client(ClientOptions(arguments));
  v1::PauseQueueRequest request;
  request.set_queue(arguments.Positional(0));
  return SayState(client.Call(&QueueClient::Stub::PauseQueue, request), arguments, context);
}

ExitCode Resume(const Arguments& arguments, Context& context) {
  QueueClient client(ClientOptions(arguments));
  v1::ResumeQueueRequest request;
  request.set_queue(arguments.Positional(0));
  return SayState(client.Call(&QueueClient::Stub::ResumeQueue, request), arguments, context);
}

}  // namespace

Command QueueListCommand() {
  return {.name = "queue ls",
          .summary = "Lists all queues with their counts",
          .examples = {{"queue ls"}, {"queue ls --json | jq '.queues[] | select(.dead != \"0\")'"}},
          .flags = QueueFlags(),
          .run = List};
}

Command QueuePauseCommand() {
  return {.name = "queue pause",
          .summary = "Keeps workers from taking jobs; enqueueing goes on",
          .examples = {{"queue pause emails"}},
          .positionals = {OptionalQueue()},
          .flags = QueueFlags(),
          .run = Pause};
}

Command QueueResumeCommand() {
  return {.name = "queue resume",
          .summary = "Lets workers take jobs again",
          .examples = {{"queue resume emails"}},
          .positionals = {OptionalQueue()},
          .flags = QueueFlags(),
          .run = Resume};
}

}  // namespace trellis::cli
