#include "clients/cli/commands/order.h"

#include <charconv>

#include "clients/cli/cli.h"
#include "clients/cli/commands/commands.h"

namespace trellis::cli {

std::vector<Flag> OrderFlags(std::vector<Flag> own) {
  return ServiceFlags(std::move(own), "ORDER_ADDR", "127.0.0.1:50052");
}

Positional OrderId() { return {.name = "ID", .help = "The order's id"}; }

std::optional<int64_t> NumberAt(const Arguments& arguments, size_t i, int64_t min, int64_t max,
                                Terminal& terminal) {
  const std::string text = arguments.Positional(i);
  const char* const last = text.data() + text.size();
  int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), last, number);
  if (error == std::errc() && end == last && number >= min && number <= max) return number;
  const Command& command = arguments.command();
  (void)UsageError(command,
                   command.positionals[i].name + ": '" + text + "' is not a whole number from " +
                       std::to_string(min) + " to " + std::to_string(max),
                   terminal);
  return std::nullopt;
}

CommandTable OrderCommands() {
  return {{.name = "order",
           .summary = "Places orders, looks at them, cancels them, and repairs what broke",
           .examples = {{"order place order-17 mag-safe-phone-case 2", "order two of an article"},
                        {"order get order-17", "what became of it"},
                        {"order watch", "all orders, once a second"},
                        {"order reconcile", "whether Postgres and Redis agree about them"}}},
          OrderPlaceCommand(),
          OrderGetCommand(),
          OrderListCommand(),
          OrderCancelCommand(),
          OrderWatchCommand(),
          OrderReplayDeadCommand(),
          OrderReconcileCommand()};
}

}  // namespace trellis::cli
