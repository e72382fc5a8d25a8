// load: puts a service under load and says how it did.

#include <array>
#include <fstream>
#include <optional>
#include <ostream>

#include "clients/cli/arguments.h"
#include "clients/cli/cli.h"
#include "clients/cli/commands/commands.h"
#include "clients/cli/commands/load_plan.h"
#include "clients/cli/flag_value.h"
#include "clients/cli/load/grpc_caller.h"
#include "clients/cli/load/interrupt.h"
#include "clients/cli/load/progress.h"
#include "clients/cli/load/report.h"
#include "clients/cli/load/runner.h"
#include "clients/cli/load/target.h"
#include "clients/cli/load/threshold.h"
#include "clients/cli/probe/grpc_probe.h"
#include "mesh/base/ids.h"

namespace trellis::cli {
namespace {

// One TCP connection makes all calls wait for what is lost or slow on it; services spread
// connections over their threads.
constexpr int64_t kMostConnections = 4;

struct Job {
  const load::Target& target;
  std::string address = {};
  load::Plan plan = {};
  std::vector<load::Threshold> thresholds = {};
  uint64_t seed = 0;
  int keys = 0;
  std::string json = {};  // file names; empty: none
  std::string html = {};
};

absl::StatusOr<std::string> AddressOf(const Arguments& arguments, const load::Target& target,
                                      const Terminal& terminal) {
  if (arguments.Given("addr")) return arguments.Text("addr");
  const auto variable = terminal.environment(target.variable);
  if (!variable || variable->empty()) return target.default_address;
  const Flag& flag = *arguments.command().FindFlag("addr");
  absl::Status status = CheckValue(flag, target.variable, *variable);
  if (!status.ok()) return status;
  return *variable;
}

absl::StatusOr<std::vector<load::Threshold>> ThresholdsOf(const Arguments& arguments) {
  std::vector<load::Threshold> thresholds;
  for (const std::string& text : arguments.Texts("threshold")) {
    auto threshold = load::Threshold::Parse(text);
    if (!threshold.ok()) {
      return base::MakeStatus(absl::StatusCode::kInvalidArgument,
                              "--threshold: '" + text + "' is not " + load::kThresholdForm + ": " +
                                  base::MessageOf(threshold.status()));
    }
    thresholds.push_back(*std::move(threshold));
  }
  return thresholds;
}

absl::StatusOr<Job> ReadJob(const Arguments& arguments, const Terminal& terminal) {
  Job job{.target = *load::FindTarget(arguments.Positional(0))};
  auto address = AddressOf(arguments, job.target, terminal);
  if (!address.ok()) return address.status();
  auto plan = ReadLoadPlan(arguments);
  if (!plan.ok()) return plan.status();
  auto thresholds = ThresholdsOf(arguments);
  if (!thresholds.ok()) return thresholds.status();
  job.address = *std::move(address);
  job.plan = *plan;
  job.thresholds = *std::move(thresholds);
  job.seed = static_cast<uint64_t>(arguments.Number("seed"));
  if (arguments.Given("keys")) {
    if (!job.target.starts_runs) {
      return base::MakeStatus(absl::StatusCode::kInvalidArgument,
                              "--keys: " + job.target.name + " starts no runs, keytest does");
    }
    job.keys = arguments.Number("keys");
  }
  job.json = arguments.Text("json");
  job.html = arguments.Text("html");
  if (job.html == "-") {
    return base::MakeStatus(absl::StatusCode::kInvalidArgument, "--html: a file name is expected");
  }
  return job;
}

// Says what is wrong; nothing when the service is there and well.
std::optional<ExitCode> CheckHealth(const Job& job, Terminal& terminal) {
  const auto health = GrpcHealth(job.address, job.target.service, job.plan.timeout);
  if (health.ok() && *health == "SERVING") return std::nullopt;
  const std::string what = job.target.name + " at " + job.address;
  const absl::StatusCode code = health.ok() ? absl::StatusCode::kOk : health.status().code();
  ExitCode exit_code = ExitCode::kFailed;
  if (health.ok()) {
    terminal.Say(what + " is not healthy: " + *health + "; nothing was sent");
    terminal.Hint("Something that it needs is away; ./trellis status shows what is not ready.");
  } else if (code == absl::StatusCode::kNotFound || code == absl::StatusCode::kUnimplemented) {
    terminal.Say(job.address + " does not say whether " + job.target.service +
                 " is healthy: " + base::MessageOf(health.status()) + "; nothing was sent");
    terminal.Hint("It is a server of something else. --addr or " + job.target.variable +
                  " names another one.");
  } else {
    terminal.Say(what + " is not available: " + base::MessageOf(health.status()) +
                 "; nothing was sent");
    terminal.Hint("Is the stack up? ./trellis up starts it, ./trellis status shows it.");
    terminal.Hint("--addr or " + job.target.variable + " names another server.");
    exit_code = ExitCode::kUnreachable;
  }
  return exit_code;
}

// Before the load, so that none is made whose report would be lost.
bool CanWriteFiles(const Job& job, Terminal& terminal) {
  for (const auto& [flag, path] : {std::pair{"--json", job.json}, std::pair{"--html", job.html}}) {
    if (path.empty() || path == "-" || std::ofstream(path, std::ios::app)) continue;
    terminal.Say(std::string(flag) + ": cannot write " + path + "; nothing was sent");
    return false;
  }
  return true;
}

bool WriteFile(const std::string& path, const std::string& text, Terminal& terminal) {
  std::ofstream file(path, std::ios::trunc | std::ios::binary);
  file << text;
  if (file.flush()) return true;
  terminal.Say("cannot write " + path);
  return false;
}

load::Results MakeLoad(const Job& job, load::GrpcCaller& caller, Terminal& terminal) {
  const load::InterruptGuard interrupt;
  const base::SteadyTime start = std::chrono::steady_clock::now();
  load::Recorder recorder(job.plan, start, std::chrono::system_clock::now());
  {
    const load::ProgressBar progress(recorder, job.plan, terminal);
    load::Runner(job.plan, caller, recorder, start, &load::InterruptGuard::Interrupted).Run();
  }
  return recorder.Finish();
}

// Where the JSON goes to stdout, what people read goes to stderr.
bool Write(const Job& job, const load::Report& report, Terminal& terminal) {
  (job.json == "-" ? terminal.err : terminal.out) << TextReport(report, terminal) << std::flush;
  bool written = true;
  if (job.json == "-") terminal.out << JsonReport(report) << std::flush;
  if (!job.json.empty() && job.json != "-") {
    written = WriteFile(job.json, JsonReport(report), terminal);
  }
  if (!job.html.empty()) written = WriteFile(job.html, HtmlReport(report), terminal) && written;
  return written;
}

ExitCode Verdict(const load::Report& report, bool written, Terminal& terminal) {
  for (const load::Report::Judged& judged : report.thresholds) {
    if (judged.met) continue;
    terminal.Say("threshold " + judged.threshold + " is not met: " + judged.actual);
  }
  if (report.results.interrupted) return ExitCode::kInterrupted;
  if (!report.ThresholdsMet()) return ExitCode::kThresholdMissed;
  return written && report.results.CallsOf("OK") > 0 ? ExitCode::kOk : ExitCode::kFailed;
}

ExitCode FailToPrepare(const Job& job, const absl::Status& status, Terminal& terminal) {
  terminal.Say(job.target.name + " at " + job.address + " could not be prepared: " +
               base::MessageOf(status) + " (" + absl::StatusCodeToString(status.code()) + ")");
  return absl::IsUnavailable(status) || absl::IsDeadlineExceeded(status) ? ExitCode::kUnreachable
                                                                         : ExitCode::kFailed;
}

ExitCode Load(const Arguments& arguments, Context& context) {
  Terminal& terminal = context.terminal;
  const absl::StatusOr<Job> job = ReadJob(arguments, terminal);
  if (!job.ok()) return UsageError(arguments.command(), base::MessageOf(job.status()), terminal);
  if (const auto code = CheckHealth(*job, terminal)) return *code;
  if (!CanWriteFiles(*job, terminal)) return ExitCode::kUsage;
  const auto requests = job->target.prepare({.address = job->address,
                                             .timeout = job->plan.timeout,
                                             .seed = job->seed,
                                             .calls = job->plan.calls,
                                             .run = base::RandomHex(6),
                                             .keys = job->keys});
  if (!requests.ok()) return FailToPrepare(*job, requests.status(), terminal);
  load::GrpcCaller caller(
      {.address = job->address,
       .service = job->target.service,
       .method = job->target.method,
       .timeout = job->plan.timeout,
       .connections = static_cast<int>(std::min(job->plan.limit, kMostConnections))},
      *requests);
  if (absl::Status s = caller.Connect(); !s.ok()) return FailToPrepare(*job, s, terminal);
  load::Report report{.target = job->target.name,
                      .method = job->target.service + "/" + job->target.method,
                      .address = job->address,
                      .seed = job->seed,
                      .results = MakeLoad(*job, caller, terminal)};
  for (const load::Threshold& threshold : job->thresholds) {
    const auto verdict = threshold.Judge(report.results);
    report.thresholds.push_back({threshold.text(), verdict.actual, verdict.met});
  }
  const bool written = Write(*job, report, terminal);
  return Verdict(report, written, terminal);
}

std::vector<Flag> LoadFlags() {
  std::vector<Flag> flags = LoadPlanFlags();
  flags.insert(
      flags.end(),
      {{.name = "threshold",
        .kind = FlagKind::kText,
        .value = "TEXT",
        .help = "Exit with 5 unless this holds, for example p99<50ms",
        .repeated = true},
       {.name = "json",
        .kind = FlagKind::kText,
        .value = "FILE",
        .help = "Write the report as JSON; - for stdout, people's goes to stderr then"},
       {.name = "html",
        .kind = FlagKind::kText,
        .value = "FILE",
        .help = "Write the report as one page with charts"},
       {.name = "seed",
        .kind = FlagKind::kNumber,
        .value = "N",
        .help = "The same seed sends the same random inputs",
        .default_value = "1",
        .min = 0,
        .max = 2'147'483'647},
       {.name = "keys",
        .kind = FlagKind::kNumber,
        .value = "N",
        .help = "keytest: start a run of N keys first, and stop what is left of it at the end",
        .min = 1,
        .max = 1'000'000},
       {.name = "addr",
        .kind = FlagKind::kAddress,
        .value = "HOST:PORT",
        .help =
            "The service; default is its variable (WEATHER_ADDR and so on) or its usual port"}});
  return flags;
}

std::string Notes() {
  std::string notes =
      "Asks for the service's health first, and sends nothing unless it is SERVING. With --rate "
      "calls\nare sent at their times whatever became of those before, and latency counts from the "
      "time\nthat a call was due, so a stall of the server is in the percentiles. Nothing is "
      "retried.\nCtrl-C stops and still reports.\n\nThresholds: p50, p99.9 or any "
      "other percentile, max and mean with us, ms, s or m; errors with % or\nwithout; rate, of OK "
      "answers a second; each with <, <=, > or >=.\n\nTargets:";
  for (const load::Target& target : load::AllTargets()) {
    notes += "\n  " + target.name + std::string(9 - target.name.size(), ' ') + target.summary;
  }
  return notes;
}

}  // namespace

CommandTable LoadCommands() {
  std::vector<std::string> names;
  for (const load::Target& target : load::AllTargets()) names.push_back(target.name);
  return {{.name = "load",
           .summary = "Puts a service under load: latency percentiles, rate, status codes",
           .examples = {{"load weather", "100 calls, one after the other"},
                        {"load weather --mode concurrent --count 1000 --concurrency 32"},
                        {"load order --rate 200 --duration 30s --html report.html"},
                        {"load enqueue --rate 500 --duration 10s --threshold 'p99<50ms' "
                         "--threshold 'errors<1%'"},
                        {"load keytest --keys 5000 --rate 200 --duration 5s"},
                        {"load weather --json - | jq .latency.percentiles"}},
           .positionals = {{.name = "TARGET", .help = OneOf(names), .choices = names}},
           .flags = LoadFlags(),
           .notes = Notes(),
           .run = Load}};
}

}  // namespace trellis::cli
