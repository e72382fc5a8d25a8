#include <optional>
#include <ostream>

#include "clients/cli/arguments.h"
#include "clients/cli/cli.h"
#include "clients/cli/commands/commands.h"
#include "clients/cli/probe/grpc_probe.h"
#include "clients/cli/probe/http_probe.h"
#include "mesh/base/options.h"

namespace trellis::cli {
namespace {

struct Target {
  bool grpc = false;
  std::string address;
  std::string rest;  // the service, or the path with its slash
};

std::optional<Target> ParseTarget(const std::string& text) {
  const size_t scheme = text.find("://");
  if (scheme == std::string::npos) return std::nullopt;
  Target target;
  target.grpc = text.substr(0, scheme) == "grpc";
  if (!target.grpc && text.substr(0, scheme) != "http") return std::nullopt;
  const size_t slash = text.find('/', scheme + 3);
  target.address = text.substr(scheme + 3, slash - scheme - 3);
  if (slash != std::string::npos) target.rest = text.substr(slash);
  if (target.grpc && !target.rest.empty()) target.rest.erase(0, 1);
  if (!target.grpc && target.rest.empty()) target.rest = "/";
  const bool has_port = target.address.find(':') != std::string::npos;
  const bool breaks_request = target.rest.find_first_of(" \r\n") != std::string::npos;
  if (!has_port || breaks_request || !base::NormalizeAddress(target.address).ok()) {
    return std::nullopt;
  }
  return target;
}

struct Verdict {
  bool healthy = false;
  std::string answer;
  std::string json;
};

absl::StatusOr<Verdict> Ask(const Target& target, base::milliseconds timeout) {
  if (target.grpc) {
    const auto status = GrpcHealth(target.address, target.rest, timeout);
    if (!status.ok()) return status.status();
    return Verdict{*status == "SERVING", *status, "\"" + *status + "\""};
  }
  const auto code = HttpGetStatus(target.address, target.rest, base::Deadline::After(timeout));
  if (!code.ok()) return code.status();
  return Verdict{*code >= 200 && *code <= 299, "HTTP " + std::to_string(*code),
                 std::to_string(*code)};
}

ExitCode Health(const Arguments& arguments, Context& context) {
  Terminal& terminal = context.terminal;
  const std::string text = arguments.Positional(0);
  const std::optional<Target> target = ParseTarget(text);
  if (!target) {
    return UsageError(
        arguments.command(),
        "ADDR: '" + text + "' is not grpc://host:port[/service.full.Name] or http://host:port/path",
        terminal);
  }
  const absl::StatusOr<Verdict> verdict = Ask(*target, arguments.Duration("timeout"));
  if (!verdict.ok()) {
    terminal.Say(text + ": " + base::MessageOf(verdict.status()) + " (" +
                 absl::StatusCodeToString(verdict.status().code()) + ")");
    return ExitCode::kFailed;
  }
  if (arguments.On("json")) {
    terminal.out << "{\"status\":" << verdict->json << "}\n";
  } else {
    terminal.out << verdict->answer << "\n";
  }
  return verdict->healthy ? ExitCode::kOk : ExitCode::kFailed;
}

}  // namespace

CommandTable HealthCommands() {
  return {{.name = "health",
           .summary = "Asks a server whether it is healthy: exits 0 when it is and 1 when not",
           .examples = {{"health http://127.0.0.1:8080/readyz", "any 2xx is healthy"},
                        {"health grpc://127.0.0.1:50051", "the process as such"},
                        {"health grpc://127.0.0.1:50051/trellis.enqueue.v1.EnqueueService"}},
           .positionals = {{.name = "ADDR",
                            .help = "grpc://HOST:PORT[/SERVICE] asks grpc.health.v1; "
                                    "http://HOST:PORT/PATH sends a GET"}},
           .flags = {{.name = "timeout",
                      .kind = FlagKind::kDuration,
                      .value = "TIME",
                      .help = "How long to wait for an answer",
                      .default_value = "10s"},
                     {.name = "json", .help = "Print {\"status\":...}"}},
           .notes =
               "For health checks of containers without a shell. No answer counts as unhealthy: "
               "it exits 1,\nnot 3.",
           .run = Health}};
}

}  // namespace trellis::cli
