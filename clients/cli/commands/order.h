#ifndef CLIENTS_CLI_COMMANDS_ORDER_H_
#define CLIENTS_CLI_COMMANDS_ORDER_H_

#include <optional>

#include "clients/cli/command.h"
#include "clients/cli/service_command.h"
#include "trellis/order/v1/order.grpc.pb.h"

// The parts of `trellis order` and `trellis inventory`, put together in order.cc and inventory.cc.
namespace trellis::cli {

using OrderClient = client::Client<order::v1::OrderService>;

[[nodiscard]] Command OrderPlaceCommand();
[[nodiscard]] Command OrderGetCommand();
[[nodiscard]] Command OrderListCommand();
[[nodiscard]] Command OrderCancelCommand();
[[nodiscard]] Command OrderWatchCommand();
[[nodiscard]] Command OrderReplayDeadCommand();
[[nodiscard]] Command OrderReconcileCommand();

// The flags that all of them have, after their own.
[[nodiscard]] std::vector<Flag> OrderFlags(std::vector<Flag> own = {});
[[nodiscard]] Positional OrderId();

// The i-th positional as a whole number of min to max; nothing after saying what is wrong with it.
[[nodiscard]] std::optional<int64_t> NumberAt(const Arguments& arguments, size_t i, int64_t min,
                                              int64_t max, Terminal& terminal);

}  // namespace trellis::cli

#endif  // CLIENTS_CLI_COMMANDS_ORDER_H_
