#include "clients/cli/commands/order.h"

#include "clients/cli/cli.h"
#include "clients/cli/commands/commands.h"

namespace trellis::cli {

std::vector<Flag> OrderFlags(std::vector<Flag> own) {
  return ServiceFlags(std::move(own), "ORDER_ADDR", "127.0.0.1:50052");
}

Positional OrderId() { return {.name = "ID", .help = "The order's id"}; }

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
