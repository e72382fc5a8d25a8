#include <google/protobuf/util/time_util.h>

#include <iostream>
#include <iterator>

#include "clients/cli/cli.h"
#include "clients/cli/commands/commands.h"
#include "clients/cli/commands/line_chunks.h"
#include "clients/cli/service_command.h"
#include "clients/cli/text.h"
#include "trellis/enqueue/v1/enqueue.grpc.pb.h"

namespace trellis::cli {
namespace {

namespace v1 = enqueue::v1;
using google::protobuf::util::TimeUtil;
using EnqueueClient = client::Client<v1::EnqueueService>;

// Works on EnqueueRequest and EnqueueBatchRequest.Job alike.
template <typename Message>
void SetOptions(const Arguments& arguments, Message* job) {
  if (arguments.Given("delay")) {
    *job->mutable_delay() = TimeUtil::MillisecondsToDuration(arguments.Duration("delay").count());
  }
  if (arguments.Given("unique-for")) {
    *job->mutable_unique_for() =
        TimeUtil::MillisecondsToDuration(arguments.Duration("unique-for").count());
  }
  job->set_unique_key(arguments.Text("unique-key"));
  job->set_max_attempts(arguments.Number("max-attempts"));
}

// Whether the job was stored is open when the answer was lost.
void HintAtRepeat(const absl::Status& status, const Arguments& arguments, Terminal& terminal) {
  const bool open = absl::IsUnavailable(status) || absl::IsDeadlineExceeded(status);
  if (!open || arguments.Given("batch")) return;
  terminal.Hint(arguments.Given("unique-key")
                    ? "Thanks to the unique key a repeat is safe."
                    : "The job may have been stored; with --unique-key a repeat is safe.");
}

// All of stdin without one trailing newline; reads no further than a message may be long.
std::string ReadMessage(std::istream& in) {
  std::string text;
  for (auto it = std::istreambuf_iterator<char>(in);
       it != std::istreambuf_iterator<char>() && text.size() <= kMaxMessageBytes + 1; ++it) {
    text += *it;
  }
  if (text.ends_with('\n')) text.pop_back();
  return text;
}

ExitCode EnqueueOne(const Arguments& arguments, Context& context) {
  Terminal& terminal = context.terminal;
  const bool from_stdin = arguments.Positional(0) == "-";
  v1::EnqueueRequest request;
  request.set_message(from_stdin ? ReadMessage(terminal.in) : arguments.Positional(0));
  const absl::Status usable = CheckMessage(from_stdin ? "stdin" : "TEXT", request.message());
  if (!usable.ok()) {
    return UsageError(arguments.command(), base::MessageOf(usable), terminal);
  }
  request.set_queue(arguments.Text("queue"));
  SetOptions(arguments, &request);
  EnqueueClient client(ClientOptions(arguments));
  const auto response = client.Call(&EnqueueClient::Stub::Enqueue, request);
  if (!response.ok()) {
    const ExitCode code = ReportFailure(response.status(), arguments, terminal);
    HintAtRepeat(response.status(), arguments, terminal);
    return code;
  }
  if (arguments.On("json")) {
    PrintJson(*response, terminal);
    return ExitCode::kOk;
  }
  terminal.out << OneLine(response->id()) << "\n" << std::flush;
  if (response->duplicate()) terminal.Say("the unique key is taken; this is the first job's id");
  return ExitCode::kOk;
}

void SayWhatIsStored(const LineChunk& chunk, const absl::Status& status, Terminal& terminal) {
  if (chunk.first_line > 1) {
    terminal.Hint("Lines before " + std::to_string(chunk.first_line) + " are stored.");
  }
  if (absl::IsUnavailable(status) || absl::IsDeadlineExceeded(status)) {
    terminal.Hint("Lines " + std::to_string(chunk.first_line) + " to " +
                  std::to_string(chunk.last_line) + " may be stored, all or none.");
  }
}

ExitCode EnqueueLines(const Arguments& arguments, Context& context) {
  Terminal& terminal = context.terminal;
  EnqueueClient client(ClientOptions(arguments));
  LineChunks chunks(terminal.in);
  size_t stored = 0;
  while (true) {
    absl::StatusOr<LineChunk> chunk = chunks.Next();
    if (!chunk.ok()) {
      terminal.Say(base::MessageOf(chunk.status()));
      terminal.Hint("The lines sent with it are not stored; the " + std::to_string(stored) +
                    " before those are.");
      return ExitCode::kFailed;
    }
    if (chunk->messages.empty()) break;
    v1::EnqueueBatchRequest request;
    request.set_queue(arguments.Text("queue"));
    for (std::string& message : chunk->messages) {
      auto* job = request.add_jobs();
      job->set_message(std::move(message));
      SetOptions(arguments, job);
    }
    const auto response = client.Call(&EnqueueClient::Stub::EnqueueBatch, request);
    if (!response.ok()) {
      const ExitCode code = ReportFailure(response.status(), arguments, terminal);
      SayWhatIsStored(*chunk, response.status(), terminal);
      return code;
    }
    stored += static_cast<size_t>(response->jobs_size());
    if (arguments.On("json")) {
      PrintJson(*response, terminal);
    } else {
      for (const auto& job : response->jobs()) terminal.out << OneLine(job.id()) << "\n";
      terminal.out << std::flush;
    }
  }
  terminal.Say(std::to_string(stored) + (stored == 1 ? " job enqueued" : " jobs enqueued"));
  return ExitCode::kOk;
}

ExitCode Enqueue(const Arguments& arguments, Context& context) {
  const bool has_text = !arguments.positionals().empty();
  const auto usage = [&](const char* message) {
    return UsageError(arguments.command(), message, context.terminal);
  };
  if (arguments.Given("unique-for") && !arguments.Given("unique-key")) {
    return usage("--unique-for needs --unique-key");
  }
  if (!arguments.On("batch")) {
    return has_text ? EnqueueOne(arguments, context) : usage("enqueue needs TEXT or --batch");
  }
  if (has_text && arguments.Positional(0) != "-") return usage("--batch reads stdin, not TEXT");
  if (arguments.Given("unique-key")) return usage("--unique-key is for one job, not for --batch");
  return EnqueueLines(arguments, context);
}

}  // namespace

CommandTable EnqueueCommands() {
  std::vector<Flag> flags = {
      {.name = "queue",
       .kind = FlagKind::kText,
       .value = "NAME",
       .help = "The queue; without it the server's default one"},
      {.name = "delay",
       .kind = FlagKind::kDuration,
       .value = "TIME",
       .help = "Run it no earlier than this from now: 250ms, 5s, 2m, 1h"},
      {.name = "unique-key",
       .kind = FlagKind::kText,
       .value = "KEY",
       .help = "While the key lives, a repeat stores nothing and prints the first job's id"},
      {.name = "unique-for",
       .kind = FlagKind::kDuration,
       .value = "TIME",
       .help = "How long the key lives; 1h when not given"},
      {.name = "max-attempts",
       .kind = FlagKind::kNumber,
       .value = "N",
       .help = "Runs before the job is dead, 1 to 100; 5 when not given",
       .min = 1,
       .max = 100},
      {.name = "batch", .help = "A job for each line of stdin; empty lines are skipped"},
  };
  return {{.name = "enqueue",
           .summary = "Puts a job on a queue and prints its id",
           .examples = {{"enqueue \"hello\"", "put a job on the default queue"},
                        {"enqueue \"hello\" --queue emails --delay 5m"},
                        {"enqueue \"invoice 17\" --unique-key invoice-17", "safe to repeat"},
                        {"enqueue - < message.txt", "one job, the whole file"},
                        {"enqueue --batch --queue emails < lines.txt", "a job for each line"}},
           .positionals = {{.name = "TEXT",
                            .help = "The job's message, up to 512 KiB; - reads stdin, less one "
                                    "newline at its end",
                            .required = false}},
           .flags = ServiceFlags(std::move(flags), "ENQUEUE_ADDR", "127.0.0.1:50051"),
           .notes =
               "With --batch, up to 1,000 lines at a time are stored, all or none of them; --json"
               "\nthen prints an object for each thousand.",
           .run = Enqueue}};
}

}  // namespace trellis::cli
