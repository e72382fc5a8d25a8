#ifndef CLIENTS_CLI_COMMANDS_LOAD_PLAN_H_
#define CLIENTS_CLI_COMMANDS_LOAD_PLAN_H_

#include <vector>

#include "clients/cli/arguments.h"
#include "clients/cli/command.h"
#include "clients/cli/load/plan.h"

namespace trellis::cli {

// The flags that say what load is made: --mode, --count and --concurrency, or --rate, --duration
// and
// --max-in-flight; and --timeout.
[[nodiscard]] std::vector<Flag> LoadPlanFlags();

// From those. INVALID_ARGUMENT names flags that do not go together.
[[nodiscard]] absl::StatusOr<load::Plan> ReadLoadPlan(const Arguments& arguments);

}  // namespace trellis::cli

#endif  // CLIENTS_CLI_COMMANDS_LOAD_PLAN_H_
