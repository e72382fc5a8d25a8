#include "clients/cli/service_command.h"

#include <google/protobuf/util/json_util.h>

#include <algorithm>
#include <charconv>
#include <ostream>

#include "absl/strings/cord.h"
#include "clients/cli/cli.h"
#include "google/rpc/error_details.pb.h"

namespace trellis::cli {
namespace {

google::rpc::BadRequest BadRequestOf(const absl::Status& status) {
  google::rpc::BadRequest detail;
  const auto payload = status.GetPayload("type.googleapis.com/google.rpc.BadRequest");
  if (payload && !detail.ParseFromString(std::string(*payload))) detail.Clear();
  return detail;
}

void SayRefused(const absl::Status& status, Terminal& terminal) {
  const google::rpc::BadRequest detail = BadRequestOf(status);
  for (const auto& violation : detail.field_violations()) {
    terminal.Say(violation.field() + ": " + violation.description());
  }
  if (!detail.field_violations().empty()) return;
  const std::string code = absl::StatusCodeToString(status.code());
  terminal.Say(status.message().empty() ? code : base::MessageOf(status) + " (" + code + ")");
}

}  // namespace

std::vector<Flag> ServiceFlags(std::vector<Flag> own, const std::string& variable,
                               const std::string& default_address) {
  own.push_back({.name = "addr",
                 .kind = FlagKind::kAddress,
                 .value = "HOST:PORT",
                 .help = "The service",
                 .default_value = default_address,
                 .variable = variable});
  own.push_back({.name = "timeout",
                 .kind = FlagKind::kDuration,
                 .value = "TIME",
                 .help = "How long to wait for an answer",
                 .default_value = "10s"});
  own.push_back({.name = "json", .help = "Print the answer as JSON, an object to a line"});
  return own;
}

client::Options ClientOptions(const Arguments& arguments) {
  return {.address = arguments.Text("addr"), .timeout = arguments.Duration("timeout")};
}

std::optional<int64_t> NumberAt(const Arguments& arguments, size_t i, int64_t min, int64_t max,
                                Terminal& terminal) {
  const std::string text = arguments.Positional(i);
  const char* const last = text.data() + text.size();
  int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), last, number);
  if (error == std::errc() && end == last && number >= min && number <= max) return number;
  const Command& command = arguments.command();
  (void)UsageError(command,
                   command.positionals[std::min(i, command.positionals.size() - 1)].name + ": '" +
                       text + "' is not a whole number from " + std::to_string(min) + " to " +
                       std::to_string(max),
                   terminal);
  return std::nullopt;
}

ExitCode ReportFailure(const absl::Status& status, const Arguments& arguments, Terminal& terminal) {
  const std::string address = arguments.Text("addr");
  const std::string variable = arguments.command().FindFlag("addr")->variable;
  switch (status.code()) {
    case absl::StatusCode::kUnavailable:
      terminal.Say(address + " is not available: " + base::MessageOf(status));
      terminal.Hint("Is the stack up? ./trellis up starts it, ./trellis status shows it.");
      terminal.Hint("--addr or " + variable + " names another server.");
      return ExitCode::kUnreachable;
    case absl::StatusCode::kDeadlineExceeded:
      terminal.Say(address + " did not answer within " + arguments.Text("timeout"));
      terminal.Hint("--timeout gives it more; ./trellis status shows what is not ready.");
      return ExitCode::kUnreachable;
    case absl::StatusCode::kNotFound:
      SayRefused(status, terminal);
      return ExitCode::kNotFound;
    case absl::StatusCode::kUnimplemented:
      SayRefused(status, terminal);
      terminal.Hint(address + " is an older server, or one of another service.");
      return ExitCode::kFailed;
    default:
      SayRefused(status, terminal);
      return ExitCode::kFailed;
  }
}

void PrintJson(const google::protobuf::Message& message, Terminal& terminal) {
  google::protobuf::util::JsonPrintOptions options;
  options.always_print_primitive_fields = true;
  std::string json;
  // Fails for malformed well-known types only, of which our messages hold none.
  (void)google::protobuf::util::MessageToJsonString(message, &json, options);
  terminal.out << json << "\n" << std::flush;
}

}  // namespace trellis::cli
