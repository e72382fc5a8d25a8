#include "clients/cli/testing/run_cli.h"

#include <optional>
#include <sstream>

#include "clients/cli/cli.h"

namespace trellis::cli::testing {

Outcome RunCli(const World& world, const std::vector<std::string>& words) {
  std::istringstream in(world.in);
  std::ostringstream out;
  std::ostringstream err;
  Terminal terminal{.in = in,
                    .out = out,
                    .err = err,
                    .in_is_tty = world.in_is_tty,
                    .out_is_tty = world.out_is_tty,
                    .err_is_tty = world.err_is_tty,
                    .width = world.width,
                    .environment = [&](const std::string& name) -> std::optional<std::string> {
                      const auto found = world.environment.find(name);
                      if (found == world.environment.end()) return std::nullopt;
                      return found->second;
                    }};
  Outcome outcome;
  Context context{.terminal = terminal,
                  .commands = world.commands,
                  .clock = world.clock,
                  .sleep = [&outcome](base::milliseconds time) { outcome.slept += time; }};
  outcome.code = Run(words, context);
  outcome.out = out.str();
  outcome.err = err.str();
  return outcome;
}

}  // namespace trellis::cli::testing
