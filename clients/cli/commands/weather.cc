// weather get, circuit and stats: forecasts, and what stands between callers and workers.

#include <cstdio>
#include <ostream>

#include "clients/cli/cli.h"
#include "clients/cli/commands/commands.h"
#include "clients/cli/service_command.h"
#include "clients/cli/table.h"
#include "trellis/weather/v1/weather.grpc.pb.h"

namespace trellis::cli {
namespace {

namespace v1 = weather::v1;
using WeatherClient = client::Client<v1::WeatherService>;

std::vector<Flag> WeatherFlags(std::vector<Flag> own = {}) {
  return ServiceFlags(std::move(own), "WEATHER_ADDR", "127.0.0.1:50053");
}

std::string StateName(v1::Circuit::State state) {
  switch (state) {
    case v1::Circuit::CLOSED:
      return "closed";
    case v1::Circuit::OPEN:
      return "open";
    case v1::Circuit::HALF_OPEN:
      return "half-open";
    case v1::Circuit::ISOLATED:
      return "isolated";
    default:
      return "unknown";
  }
}

std::string Percent(double share) {
  char text[16];
  std::snprintf(text, sizeof(text), "%.0f %%", share * 100);
  return text;
}

using Fields = std::vector<std::pair<std::string, std::string>>;

Fields CircuitFields(const v1::Circuit& circuit) {
  return {
      {"circuit", StateName(circuit.state())},      {"calls", std::to_string(circuit.calls())},
      {"failed", Percent(circuit.failure_rate())},  {"slow", Percent(circuit.slow_call_rate())},
      {"probes", std::to_string(circuit.probes())}, {"refused", std::to_string(circuit.refused())}};
}

ExitCode Get(const Arguments& arguments, Context& context) {
  Terminal& terminal = context.terminal;
  WeatherClient client(ClientOptions(arguments));
  v1::GetForecastRequest request;
  request.set_city(arguments.Positional(0));
  request.set_location(arguments.Text("location"));
  const auto response = client.Call(&WeatherClient::Stub::GetForecast, request);
  if (!response.ok()) {
    const ExitCode code = ReportFailure(response.status(), arguments, terminal);
    if (base::MessageOf(response.status()).find("isolated") != std::string::npos) {
      terminal.Hint("./trellis weather circuit reset lets calls through again.");
    }
    return code;
  }
  if (arguments.On("json")) {
    PrintJson(*response, terminal);
    return ExitCode::kOk;
  }
  Table table({{"DATE"}, {"C", true}, {"F", true}, {"SUMMARY"}});
  for (const v1::Forecast& forecast : response->forecasts()) {
    table.Add({forecast.date(), std::to_string(forecast.temperature_c()),
               std::to_string(forecast.temperature_f()), forecast.summary()});
  }
  terminal.out << table.Render(terminal) << std::flush;
  return ExitCode::kOk;
}

ExitCode Circuit(const Arguments& arguments, Context& context) {
  Terminal& terminal = context.terminal;
  WeatherClient client(ClientOptions(arguments));
  const std::string action = arguments.Positional(0);
  absl::StatusOr<v1::Circuit> circuit = absl::UnknownError("");
  if (action.empty()) {
    circuit = client.Call(&WeatherClient::Stub::GetCircuit, v1::GetCircuitRequest());
  } else {
    v1::SetCircuitRequest request;
    request.set_action(action == "isolate" ? v1::SetCircuitRequest::ISOLATE
                                           : v1::SetCircuitRequest::RESET);
    circuit = client.Call(&WeatherClient::Stub::SetCircuit, request);
  }
  if (!circuit.ok()) return ReportFailure(circuit.status(), arguments, terminal);
  if (arguments.On("json")) {
    PrintJson(*circuit, terminal);
    return ExitCode::kOk;
  }
  Fields fields = CircuitFields(*circuit);
  fields.emplace_back("instance", circuit->instance());
  terminal.out << RenderFields(fields) << std::flush;
  return ExitCode::kOk;
}

ExitCode Stats(const Arguments& arguments, Context& context) {
  Terminal& terminal = context.terminal;
  WeatherClient client(ClientOptions(arguments));
  const auto stats = client.Call(&WeatherClient::Stub::GetStats, v1::GetStatsRequest());
  if (!stats.ok()) return ReportFailure(stats.status(), arguments, terminal);
  if (arguments.On("json")) {
    PrintJson(*stats, terminal);
    return ExitCode::kOk;
  }
  Fields fields{{"unread", std::to_string(stats->lag())},
                {"pending", std::to_string(stats->pending())},
                {"requests", std::to_string(stats->request_stream_length())},
                {"replies", std::to_string(stats->reply_stream_length())},
                {"workers", std::to_string(stats->consumers())},
                {"waiting", std::to_string(stats->waiting()) + " of at most " +
                                std::to_string(stats->limit())}};
  for (auto& field : CircuitFields(stats->circuit())) fields.push_back(std::move(field));
  fields.emplace_back("instance", stats->instance());
  terminal.out << RenderFields(fields) << std::flush;
  return ExitCode::kOk;
}

}  // namespace

CommandTable WeatherCommands() {
  return {{.name = "weather",
           .summary = "Forecasts, and the circuit and streams behind them",
           .examples = {{"weather get 'New York' --location Downtown", "the next five days"},
                        {"weather stats", "what waits in the streams"},
                        {"weather circuit isolate", "refuse all calls from now on"}}},
          {.name = "weather get",
           .summary = "Prints the forecast of a city for the next five days",
           .examples = {{"weather get Oslo"}, {"weather get Oslo --json | jq -r .servedBy"}},
           .positionals = {{.name = "CITY", .help = "1 to 128 characters"}},
           .flags = WeatherFlags({{.name = "location",
                                   .kind = FlagKind::kText,
                                   .value = "PLACE",
                                   .help = "A part of the city"}}),
           .run = Get},
          {.name = "weather circuit",
           .summary = "Shows the circuit breaker, isolates or resets it",
           .examples = {{"weather circuit"},
                        {"weather circuit isolate", "refuse all calls"},
                        {"weather circuit reset", "and let them through again"}},
           .positionals = {{.name = "ACTION",
                            .help = "isolate or reset; without it nothing is changed",
                            .required = false,
                            .choices = {"isolate", "reset"}}},
           .flags = WeatherFlags(),
           .notes = "Of the instance that answers: each has its own.",
           .run = Circuit},
          {.name = "weather stats",
           .summary = "Shows the streams and what is under way",
           .examples = {{"weather stats"}},
           .flags = WeatherFlags(),
           .run = Stats}};
}

}  // namespace trellis::cli
