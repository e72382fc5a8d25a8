// keytest start, stop, status and watch: runs of keys that expire.

#include <algorithm>
#include <cstdio>
#include <ostream>

#include "clients/cli/cli.h"
#include "clients/cli/commands/commands.h"
#include "clients/cli/service_command.h"
#include "clients/cli/table.h"
#include "mesh/rpc/status.h"
#include "trellis/keytest/v1/keytest.grpc.pb.h"

namespace trellis::cli {
namespace {

namespace v1 = keytest::v1;
using KeyTestClient = client::Client<v1::KeyTestService>;

std::vector<Flag> KeyTestFlags(std::vector<Flag> own = {}) {
  return ServiceFlags(std::move(own), "KEYTEST_ADDR", "127.0.0.1:50055");
}

std::string StateName(v1::Status::State state) {
  std::string name = v1::Status::State_Name(state);
  for (char& c : name) c = static_cast<char>(tolower(c));
  return name;
}

// Nothing more will happen in this run.
bool HasEnded(const v1::Status& status) {
  return status.state() == v1::Status::IDLE || status.state() == v1::Status::DONE ||
         (status.state() == v1::Status::STOPPED && status.pending() == 0);
}

std::string Line(const v1::Status& status) {
  char percent[16];
  std::snprintf(percent, sizeof(percent), "%5.1f %%", status.percent());
  return StateName(status.state()) + " " + percent + "  generated " +
         std::to_string(status.generated()) + " of " + std::to_string(status.keys()) +
         "  consumed " + std::to_string(status.consumed()) + "  pending " +
         std::to_string(status.pending()) + "  dead " + std::to_string(status.dead());
}

std::string Bar(const v1::Status& status) {
  constexpr int kWidth = 20;
  const int full = std::clamp(static_cast<int>(status.percent() / 100 * kWidth), 0, kWidth);
  return "[" + std::string(static_cast<size_t>(full), '#') +
         std::string(static_cast<size_t>(kWidth - full), ' ') + "] " + Line(status);
}

void Show(const v1::Status& status, const Arguments& arguments, Terminal& terminal) {
  if (arguments.On("json")) return PrintJson(status, terminal);
  char lateness[64];
  std::snprintf(lateness, sizeof(lateness), "p50 %.1f ms, p99 %.1f ms", status.lateness_p50_ms(),
                status.lateness_p99_ms());
  terminal.out << RenderFields({{"state", StateName(status.state())},
                                {"keys", std::to_string(status.keys())},
                                {"generated", std::to_string(status.generated())},
                                {"consumed", std::to_string(status.consumed())},
                                {"pending", std::to_string(status.pending())},
                                {"dead", std::to_string(status.dead())},
                                {"late", lateness}})
               << std::flush;
}

// Until the run has ended. A bar on a terminal, a line for each look else.
ExitCode WatchRun(KeyTestClient& client, const Arguments& arguments, Context& context) {
  Terminal& terminal = context.terminal;
  const bool redraw = terminal.CanRedraw() && !arguments.On("json");
  while (true) {
    // A stream has no deadline; this notices a server that does not answer.
    const auto first = client.Call(&KeyTestClient::Stub::GetStatus, v1::GetStatusRequest());
    if (!first.ok()) return ReportFailure(first.status(), arguments, terminal);
    v1::WatchStatusRequest request;
    request.set_interval_ms(redraw ? 200 : 1000);
    grpc::ClientContext call;
    const auto stream = client.stub().WatchStatus(&call, request);
    bool received = false;
    for (v1::Status status; terminal.out && stream->Read(&status); received = true) {
      const bool ended = HasEnded(status);
      if (arguments.On("json")) {
        PrintJson(status, terminal);
      } else {
        terminal.out << (redraw ? "\r\x1b[K" + Bar(status) + (ended ? "\n" : "")
                                : Line(status) + "\n")
                     << std::flush;
      }
      if (!ended) continue;
      call.TryCancel();
      return status.dead() == 0 ? ExitCode::kOk : ExitCode::kFailed;
    }
    if (!terminal.out) return ExitCode::kOk;
    const absl::Status end = rpc::FromGrpc(stream->Finish());
    const bool lost = absl::IsUnavailable(end) || absl::IsCancelled(end);
    if (!lost || !received) return ReportFailure(end, arguments, terminal);
    terminal.Say("the connection ended; connecting again");
  }
}

ExitCode Start(const Arguments& arguments, Context& context) {
  KeyTestClient client(ClientOptions(arguments));
  v1::StartTestRequest request;
  request.set_keys(arguments.Number("keys"));
  request.set_delay_ms(arguments.Number("delay-ms"));
  request.set_ttl_ms(arguments.Number("ttl-ms"));
  request.set_dedup_window_ms(arguments.Number("window-ms"));
  const auto status = client.Call(&KeyTestClient::Stub::StartTest, request);
  if (!status.ok()) {
    const ExitCode code = ReportFailure(status.status(), arguments, context.terminal);
    if (absl::IsFailedPrecondition(status.status())) {
      context.terminal.Hint("./trellis keytest watch shows the one that runs; stop ends it.");
    }
    return code;
  }
  if (arguments.On("watch")) return WatchRun(client, arguments, context);
  Show(*status, arguments, context.terminal);
  if (!arguments.On("json")) {
    context.terminal.Hint("./trellis keytest watch follows it to its end.");
  }
  return ExitCode::kOk;
}

ExitCode Stop(const Arguments& arguments, Context& context) {
  KeyTestClient client(ClientOptions(arguments));
  const auto status = client.Call(&KeyTestClient::Stub::StopTest, v1::StopTestRequest());
  if (!status.ok()) return ReportFailure(status.status(), arguments, context.terminal);
  Show(*status, arguments, context.terminal);
  return ExitCode::kOk;
}

ExitCode GetStatus(const Arguments& arguments, Context& context) {
  KeyTestClient client(ClientOptions(arguments));
  const auto status = client.Call(&KeyTestClient::Stub::GetStatus, v1::GetStatusRequest());
  if (!status.ok()) return ReportFailure(status.status(), arguments, context.terminal);
  Show(*status, arguments, context.terminal);
  return ExitCode::kOk;
}

ExitCode WatchStatus(const Arguments& arguments, Context& context) {
  KeyTestClient client(ClientOptions(arguments));
  return WatchRun(client, arguments, context);
}

Flag Number(const char* name, const char* help, const char* usual, int min, int max) {
  return {.name = name,
          .kind = FlagKind::kNumber,
          .value = "N",
          .help = help,
          .default_value = usual,
          .min = min,
          .max = max};
}

}  // namespace

CommandTable KeyTestCommands() {
  constexpr int kHour = 3'600'000;
  return {{.name = "keytest",
           .summary = "Keys that expire, each of which fires once",
           .examples = {{"keytest start --keys 1000 --watch", "and watch it to its end"},
                        {"keytest status", "the counters of one moment"}}},
          {.name = "keytest start",
           .summary = "Starts a test: so many keys, written and waited for until they expire",
           .examples = {{"keytest start --keys 1000 --watch"},
                        {"keytest start --keys 100000 --delay-ms 0", "many at a time"}},
           .flags = KeyTestFlags(
               {Number("keys", "How many keys, 1 to 1000000", "1000", 1, 1'000'000),
                Number("delay-ms", "Before each key, 0 to 60000", "1", 0, 60'000),
                Number("ttl-ms", "Until a key expires, 1 to 3600000", "100", 1, kHour),
                Number("window-ms", "In which a key fires once, 1 to 3600000", "5000", 1, kHour),
                {.name = "watch", .help = "Follow it to its end"}}),
           .notes = "One test at a time, for all processes.",
           .run = Start},
          {.name = "keytest stop",
           .summary = "Writes no further keys; those that are there still fire",
           .examples = {{"keytest stop"}},
           .flags = KeyTestFlags(),
           .run = Stop},
          {.name = "keytest status",
           .summary = "Shows the counters: generated = consumed + pending + dead",
           .examples = {{"keytest status"}, {"keytest status --json | jq .percent"}},
           .flags = KeyTestFlags(),
           .run = GetStatus},
          {.name = "keytest watch",
           .summary = "Follows the test to its end",
           .examples = {{"keytest watch"}, {"keytest watch --json >> run.ndjson"}},
           .flags = KeyTestFlags(),
           .notes = "A bar on a terminal, a line a second else. Exit code 1 when keys are dead.",
           .run = WatchStatus}};
}

}  // namespace trellis::cli
