#ifndef CLIENTS_CLI_COMMANDS_ORDER_H_
#define CLIENTS_CLI_COMMANDS_ORDER_H_

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

}  // namespace trellis::cli

#endif  // CLIENTS_CLI_COMMANDS_ORDER_H_
