#ifndef CLIENTS_CLI_COMMANDS_ORDER_VIEW_H_
#define CLIENTS_CLI_COMMANDS_ORDER_VIEW_H_

#include <string>
#include <vector>

#include "clients/cli/table.h"
#include "mesh/base/clock.h"
#include "trellis/order/v1/order.pb.h"

// How orders and their dashboard look to people. Pure functions.
namespace trellis::cli {

// An order as lines of "name  value".
[[nodiscard]] std::string RenderOrder(const order::v1::Order& order, base::WallTime now);
[[nodiscard]] Table OrderTable(const google::protobuf::RepeatedPtrField<order::v1::Order>& orders,
                               base::WallTime now);

// A row of a table of dashboards, and its columns. Without the stock, whose length nobody knows.
[[nodiscard]] std::vector<Table::Column> DashboardColumns();
[[nodiscard]] std::vector<std::string> DashboardRow(const order::v1::Dashboard& dashboard);

// "received" and the like.
[[nodiscard]] std::string OrderStatusName(order::v1::OrderStatus status);
[[nodiscard]] const std::vector<std::string>& OrderStatusNames();
// ORDER_STATUS_UNSPECIFIED for what is no status.
[[nodiscard]] order::v1::OrderStatus OrderStatusOf(const std::string& name);

}  // namespace trellis::cli

#endif  // CLIENTS_CLI_COMMANDS_ORDER_VIEW_H_
