// queue retry and purge: what becomes of dead jobs.

#include <algorithm>
#include <ostream>

#include "clients/cli/cli.h"
#include "clients/cli/commands/queue.h"
#include "mesh/base/ids.h"

namespace trellis::cli {
namespace {

namespace v1 = enqueue::v1;

constexpr size_t kMaxIds = 1000;  // of one request, by enqueue.proto

// The two verbs differ in the call, in how they count and in words.
struct Retry {
  using Request = v1::RetryDeadRequest;
  using Response = v1::RetryDeadResponse;
  static constexpr auto kMethod = &QueueClient::Stub::RetryDead;
  static constexpr char kDone[] = " ready again";
  static int Count(const Response& response) { return response.retried(); }
  static void SetCount(int count, Response* response) { response->set_retried(count); }
};
struct Purge {
  using Request = v1::PurgeDeadRequest;
  using Response = v1::PurgeDeadResponse;
  static constexpr auto kMethod = &QueueClient::Stub::PurgeDead;
  static constexpr char kDone[] = " deleted";
  static int Count(const Response& response) { return response.purged(); }
  static void SetCount(int count, Response* response) { response->set_purged(count); }
};

// One run of either verb. Counts also what was done before a call failed.
template <typename Verb>
class DeadJobs {
 public:
  DeadJobs(const Arguments& arguments, Context& context)
      : arguments_(arguments),
        terminal_(context.terminal),
        queue_(arguments.Positional(0)),
        client_(ClientOptions(arguments)) {
    const auto& words = arguments.positionals();
    ids_.assign(words.begin() + 1, words.end());
  }

  // Without ids the service would take all: so one of the two has to be said.
  [[nodiscard]] bool SaysWhich() const { return arguments_.On("all") != !ids_.empty(); }

  [[nodiscard]] absl::StatusOr<int64_t> CountDead() {
    v1::GetQueueRequest request;
    request.set_queue(queue_);
    const auto queue = client_.Call(&QueueClient::Stub::GetQueue, request);
    if (!queue.ok()) return queue.status();
    return queue->dead();
  }

  [[nodiscard]] ExitCode DoIds() {
    for (size_t i = 0; i < ids_.size(); i += kMaxIds) {
      typename Verb::Request request;
      request.set_queue(queue_);
      for (size_t j = i; j < std::min(ids_.size(), i + kMaxIds); ++j) request.add_ids(ids_[j]);
      const absl::StatusOr<int> count = Send(request);
      if (!count.ok()) return Fail(count.status());
    }
    Report();
    const auto missing = static_cast<int64_t>(ids_.size()) - done_;
    if (missing <= 0) return ExitCode::kOk;
    terminal_.Say(Counted(missing, "id") + " of no dead job in " + QueueInWords(queue_));
    return ExitCode::kNotFound;
  }

  // As many as were dead at the start and no more: a retried job may die again at once.
  [[nodiscard]] ExitCode DoAll(int64_t dead) {
    while (done_ < dead) {
      typename Verb::Request request;
      request.set_queue(queue_);
      const absl::StatusOr<int> count = Send(request);
      if (!count.ok()) return Fail(count.status());
      if (*count == 0) break;
    }
    Report();
    return ExitCode::kOk;
  }

  [[nodiscard]] ExitCode Fail(const absl::Status& status) {
    const ExitCode code = ReportFailure(status, arguments_, terminal_);
    if (done_ > 0) terminal_.Hint(Counted(done_, "job") + Verb::kDone + " before that.");
    return code;
  }

  [[nodiscard]] size_t ids() const { return ids_.size(); }
  [[nodiscard]] const std::string& queue() const { return queue_; }

 private:
  absl::StatusOr<int> Send(const typename Verb::Request& request) {
    const auto response = client_.Call(Verb::kMethod, request);
    if (!response.ok()) return response.status();
    done_ += Verb::Count(*response);
    return Verb::Count(*response);
  }

  void Report() {
    typename Verb::Response sum;
    Verb::SetCount(static_cast<int>(done_), &sum);
    if (arguments_.On("json")) PrintJson(sum, terminal_);
    terminal_.Say(Counted(done_, "job") + Verb::kDone);
  }

  const Arguments& arguments_;
  Terminal& terminal_;
  const std::string queue_;
  std::vector<std::string> ids_;
  QueueClient client_;
  int64_t done_ = 0;
};

ExitCode SayWhich(const Arguments& arguments, Context& context) {
  const ExitCode code = UsageError(arguments.command(), "either ids or --all", context.terminal);
  if (base::IsUuid(arguments.Positional(0))) {
    context.terminal.Hint("The queue's name comes before the ids.");
  }
  return code;
}

ExitCode RunRetry(const Arguments& arguments, Context& context) {
  DeadJobs<Retry> jobs(arguments, context);
  if (!jobs.SaysWhich()) return SayWhich(arguments, context);
  if (jobs.ids() > 0) return jobs.DoIds();
  const absl::StatusOr<int64_t> dead = jobs.CountDead();
  return dead.ok() ? jobs.DoAll(*dead) : jobs.Fail(dead.status());
}

ExitCode RunPurge(const Arguments& arguments, Context& context) {
  DeadJobs<Purge> jobs(arguments, context);
  if (!jobs.SaysWhich()) return SayWhich(arguments, context);
  Terminal& terminal = context.terminal;
  if (!arguments.On("yes") && !terminal.CanAsk()) {
    return UsageError(arguments.command(),
                      "purge deletes jobs; without a terminal to ask on, say --yes", terminal);
  }
  auto count = static_cast<int64_t>(jobs.ids());
  if (jobs.ids() == 0) {
    const absl::StatusOr<int64_t> dead = jobs.CountDead();
    if (!dead.ok()) return jobs.Fail(dead.status());
    count = *dead;
  }
  if (!arguments.On("yes") && count > 0 &&
      !terminal.Confirm("Delete " + Counted(count, "dead job") + " of " +
                        QueueInWords(jobs.queue()) + " for good?")) {
    terminal.Say("nothing was deleted");
    return ExitCode::kFailed;
  }
  return jobs.ids() > 0 ? jobs.DoIds() : jobs.DoAll(count);
}

std::vector<Positional> QueueAndIds() {
  return {{.name = "QUEUE", .help = "Its name"},
          {.name = "ID", .help = "Ids of dead jobs", .required = false, .repeated = true}};
}

}  // namespace

Command QueueRetryCommand() {
  return {.name = "queue retry",
          .summary = "Makes dead jobs ready again, with all their attempts",
          .examples = {{"queue retry emails --all"},
                       {"queue retry emails 0190a8c0-7b1e-7000-8000-000000000001"}},
          .positionals = QueueAndIds(),
          .flags = QueueFlags({{.name = "all", .help = "All that are dead now"}}),
          .run = RunRetry};
}

Command QueuePurgeCommand() {
  return {.name = "queue purge",
          .summary = "Deletes dead jobs for good",
          .examples = {{"queue purge emails --all", "asks first"},
                       {"queue purge emails --all --yes", "does not"},
                       {"queue purge emails 0190a8c0-7b1e-7000-8000-000000000001 --yes"}},
          .positionals = QueueAndIds(),
          .flags = QueueFlags({{.name = "all", .help = "All that are dead now"},
                               {.name = "yes", .help = "Do not ask"}}),
          .run = RunPurge};
}

}  // namespace trellis::cli
