#include "clients/cli/commands/load_plan.h"

#include <cmath>

namespace trellis::cli {
namespace {

constexpr int kMostCalls = 100'000'000;

absl::Status Wrong(const std::string& message) {
  return base::MakeStatus(absl::StatusCode::kInvalidArgument, message);
}

absl::StatusOr<load::Plan> OpenLoop(const Arguments& arguments) {
  for (const char* other : {"mode", "count", "concurrency"}) {
    if (arguments.Given(other)) {
      return Wrong("--" + std::string(other) +
                   " does not go with --rate: --duration says how many");
    }
  }
  load::Plan plan{.open = true};
  plan.rate = arguments.Number("rate");
  const double seconds = static_cast<double>(arguments.Duration("duration").count()) / 1e3;
  const double calls = std::round(plan.rate * seconds);
  if (calls < 1) return Wrong("--duration: not one call is due in " + arguments.Text("duration"));
  if (calls > kMostCalls) {
    return Wrong("--rate times --duration: at most " + std::to_string(kMostCalls) + " calls");
  }
  plan.calls = static_cast<int64_t>(calls);
  plan.limit = arguments.Number("max-in-flight");
  return plan;
}

absl::StatusOr<load::Plan> ClosedLoop(const Arguments& arguments) {
  for (const char* other : {"duration", "max-in-flight"}) {
    if (arguments.Given(other)) return Wrong("--" + std::string(other) + " needs --rate");
  }
  const bool concurrent = arguments.Text("mode") == "concurrent";
  if (!concurrent && arguments.Given("concurrency")) {
    return Wrong("--concurrency needs --mode concurrent");
  }
  load::Plan plan;
  plan.calls = arguments.Number("count");
  plan.limit = concurrent ? arguments.Number("concurrency") : 1;
  return plan;
}

Flag Number(const std::string& name, const std::string& help, const std::string& default_value,
            int max) {
  return {.name = name,
          .kind = FlagKind::kNumber,
          .value = "N",
          .help = help,
          .default_value = default_value,
          .min = 1,
          .max = max};
}

Flag Duration(const std::string& name, const std::string& help, const std::string& default_value) {
  return {.name = name,
          .kind = FlagKind::kDuration,
          .value = "TIME",
          .help = help,
          .default_value = default_value};
}

}  // namespace

std::vector<Flag> LoadPlanFlags() {
  return {{.name = "mode",
           .kind = FlagKind::kChoice,
           .value = "MODE",
           .help = "One call after the other, or several in flight",
           .default_value = "sequential",
           .choices = {"sequential", "concurrent"}},
          Number("count", "How many calls", "100", kMostCalls),
          Number("concurrency", "In flight at once, with --mode concurrent", "16", 100'000),
          Number("rate", "Calls a second, in place of --mode and --count", "", 1'000'000),
          Duration("duration", "How long, with --rate", "10s"),
          Number("max-in-flight", "With --rate: beyond this many calls wait, and are late", "10000",
                 1'000'000),
          Duration("timeout", "How long to wait for an answer", "10s")};
}

absl::StatusOr<load::Plan> ReadLoadPlan(const Arguments& arguments) {
  absl::StatusOr<load::Plan> plan =
      arguments.Given("rate") ? OpenLoop(arguments) : ClosedLoop(arguments);
  if (!plan.ok()) return plan;
  plan->timeout = arguments.Duration("timeout");
  if (plan->timeout.count() == 0) return Wrong("--timeout: must be more than nothing");
  return plan;
}

}  // namespace trellis::cli
