// queue show and peek: one queue, one job, the jobs of a state.

#include <algorithm>
#include <ostream>

#include "clients/cli/cli.h"
#include "clients/cli/commands/queue.h"
#include "clients/cli/commands/queue_view.h"

namespace trellis::cli {
namespace {

namespace v1 = enqueue::v1;

constexpr int kMaxPage = 500;  // of enqueue.proto

ExitCode ShowJob(const Arguments& arguments, Context& context) {
  QueueClient client(ClientOptions(arguments));
  v1::GetJobRequest request;
  request.set_queue(arguments.Positional(0));
  request.set_id(arguments.Text("id"));
  const auto job = client.Call(&QueueClient::Stub::GetJob, request);
  if (!job.ok()) {
    const ExitCode code = ReportFailure(job.status(), arguments, context.terminal);
    if (code == ExitCode::kNotFound) {
      context.terminal.Hint("A job that is done is forgotten; or it is in another queue.");
    }
    return code;
  }
  if (arguments.On("json")) {
    PrintJson(*job, context.terminal);
  } else {
    context.terminal.out << RenderJob(*job, context.clock.WallNow(), !context.terminal.out_is_tty);
  }
  return ExitCode::kOk;
}

ExitCode Show(const Arguments& arguments, Context& context) {
  if (arguments.Given("id")) return ShowJob(arguments, context);
  QueueClient client(ClientOptions(arguments));
  v1::GetQueueRequest request;
  request.set_queue(arguments.Positional(0));
  const auto queue = client.Call(&QueueClient::Stub::GetQueue, request);
  if (!queue.ok()) return ReportFailure(queue.status(), arguments, context.terminal);
  if (arguments.On("json")) {
    PrintJson(*queue, context.terminal);
  } else {
    context.terminal.out << RenderQueue(*queue);
  }
  return ExitCode::kOk;
}

// The pages up to `limit` jobs as one; its token is that of the page after them.
absl::StatusOr<v1::ListJobsResponse> FetchJobs(QueueClient& client, v1::ListJobsRequest request,
                                               int limit) {
  v1::ListJobsResponse all;
  do {
    request.set_page_size(std::min(kMaxPage, limit - all.jobs_size()));
    auto page = client.Call(&QueueClient::Stub::ListJobs, request);
    if (!page.ok()) return page.status();
    for (v1::Job& job : *page->mutable_jobs()) *all.add_jobs() = std::move(job);
    request.set_page_token(page->next_page_token());
    all.set_next_page_token(page->next_page_token());
  } while (!all.next_page_token().empty() && all.jobs_size() < limit);
  return all;
}

ExitCode Peek(const Arguments& arguments, Context& context) {
  QueueClient client(ClientOptions(arguments));
  const v1::JobState state = StateOf(arguments.Text("state"));
  v1::ListJobsRequest request;
  request.set_queue(arguments.Positional(0));
  request.set_state(state);
  const auto response = FetchJobs(client, std::move(request), arguments.Number("limit"));
  if (!response.ok()) return ReportFailure(response.status(), arguments, context.terminal);
  if (arguments.On("json")) {
    PrintJson(*response, context.terminal);
    return ExitCode::kOk;
  }
  if (response->jobs().empty()) {
    context.terminal.Say("no " + arguments.Text("state") + " jobs in " +
                         QueueInWords(arguments.Positional(0)));
    return ExitCode::kOk;
  }
  context.terminal.out
      << JobTable(state, response->jobs(), context.clock.WallNow()).Render(context.terminal)
      << std::flush;
  if (!response->next_page_token().empty()) {
    context.terminal.Say("there are more; --limit shows up to 10000");
  }
  return ExitCode::kOk;
}

}  // namespace

Command QueueShowCommand() {
  return {.name = "queue show",
          .summary = "Shows the counts of a queue, or one of its jobs",
          .examples = {{"queue show emails"},
                       {"queue show emails --id 0190a8c0-7b1e-7000-8000-000000000001"}},
          .positionals = {OptionalQueue()},
          .flags = QueueFlags({{.name = "id",
                                .kind = FlagKind::kText,
                                .value = "ID",
                                .help = "Show this job, its message in full"}}),
          .run = Show};
}

Command QueuePeekCommand() {
  return {.name = "queue peek",
          .summary = "Lists jobs of one state without taking them",
          .examples = {{"queue peek", "what is next in the default queue"},
                       {"queue peek emails --state dead --limit 10", "what died last"},
                       {"queue peek emails --state dead --json | jq -r '.jobs[].lastError'"}},
          .positionals = {OptionalQueue()},
          .flags = QueueFlags({{.name = "state",
                                .kind = FlagKind::kChoice,
                                .value = "STATE",
                                .help = "One of",
                                .default_value = "ready",
                                .choices = StateNames()},
                               {.name = "limit",
                                .kind = FlagKind::kNumber,
                                .value = "N",
                                .help = "How many, 1 to 10000",
                                .default_value = "50",
                                .min = 1,
                                .max = 10000}}),
          .notes = "Next to run comes first; of the dead, who died last.",
          .run = Peek};
}

}  // namespace trellis::cli
