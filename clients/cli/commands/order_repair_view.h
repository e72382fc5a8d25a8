#ifndef CLIENTS_CLI_COMMANDS_ORDER_REPAIR_VIEW_H_
#define CLIENTS_CLI_COMMANDS_ORDER_REPAIR_VIEW_H_

#include <string>

#include "clients/cli/table.h"
#include "mesh/base/clock.h"
#include "trellis/order/v1/order.pb.h"

// How dead messages and findings look to people. Pure functions.
namespace trellis::cli {

// Of "orders", "notifier" and "all".
[[nodiscard]] order::v1::DeadQueue DeadQueueOf(const std::string& name);

[[nodiscard]] Table DeadMessageTable(
    const google::protobuf::RepeatedPtrField<order::v1::DeadMessage>& messages, base::WallTime now);
[[nodiscard]] Table FindingTable(
    const google::protobuf::RepeatedPtrField<order::v1::Finding>& findings);
// The articles whose ledger and reservations differ, below a title; "" when there are none.
[[nodiscard]] std::string RenderAccounts(
    const google::protobuf::RepeatedPtrField<order::v1::SkuAccount>& skus,
    const Terminal& terminal);

}  // namespace trellis::cli

#endif  // CLIENTS_CLI_COMMANDS_ORDER_REPAIR_VIEW_H_
