#include "clients/cli/commands/order_view.h"

#include "clients/cli/commands/time_stamp.h"
#include "clients/cli/duration.h"

namespace trellis::cli {
namespace {

namespace v1 = order::v1;

std::string CountOf(const v1::Dashboard& dashboard, const std::string& status) {
  const auto found = dashboard.orders().find(status);
  return std::to_string(found == dashboard.orders().end() ? 0 : found->second);
}

}  // namespace

std::string RenderOrder(const v1::Order& order, base::WallTime now) {
  std::vector<std::pair<std::string, std::string>> fields{
      {"id", order.id()},
      {"sku", order.sku()},
      {"qty", std::to_string(order.qty())},
      {"status", OrderStatusName(order.status())}};
  if (!order.reason().empty()) fields.emplace_back("reason", order.reason());
  const auto add = [&](const char* name, bool known, const google::protobuf::Timestamp& stamp) {
    if (known) fields.emplace_back(name, StampInWords(TimeOf(stamp), now));
  };
  add("received", order.has_received_at(), order.received_at());
  add("reserved", order.has_reserved_at(), order.reserved_at());
  add("rejected", order.has_rejected_at(), order.rejected_at());
  add("notified", order.has_notified_at(), order.notified_at());
  add("cancelled", order.has_cancelled_at(), order.cancelled_at());
  return RenderFields(fields);
}

Table OrderTable(const google::protobuf::RepeatedPtrField<v1::Order>& orders, base::WallTime now) {
  Table table({{"ID"}, {"SKU"}, {"QTY", true}, {"AGE", true}, {"STATUS"}, {"REASON"}});
  for (const v1::Order& order : orders) {
    table.Add({order.id(), order.sku(), std::to_string(order.qty()),
               order.has_received_at() ? Between(TimeOf(order.received_at()), now) : "-",
               OrderStatusName(order.status()), order.reason()});
  }
  return table;
}

std::vector<Table::Column> DashboardColumns() {
  return {{"RECEIVED", true},  {"RESERVED", true}, {"REJECTED", true}, {"NOTIFIED", true},
          {"CANCELLED", true}, {"OUTBOX", true},   {"OLDEST", true},   {"SENT", true}};
}

std::vector<std::string> DashboardRow(const v1::Dashboard& dashboard) {
  std::vector<std::string> row;
  for (const std::string& status : OrderStatusNames()) row.push_back(CountOf(dashboard, status));
  const v1::Outbox& outbox = dashboard.outbox();
  row.push_back(std::to_string(outbox.depth()));
  row.push_back(outbox.depth() == 0 ? "-"
                                    : FormatDuration(base::milliseconds(outbox.oldest_age_ms())));
  row.push_back(std::to_string(dashboard.notifications().sent()));
  return row;
}

const std::vector<std::string>& OrderStatusNames() {
  static const auto* const kNames =
      new std::vector<std::string>{"received", "reserved", "rejected", "notified", "cancelled"};
  return *kNames;
}

std::string OrderStatusName(v1::OrderStatus status) {
  const auto i = static_cast<size_t>(status);
  return i >= 1 && i <= OrderStatusNames().size() ? OrderStatusNames()[i - 1] : "unknown";
}

v1::OrderStatus OrderStatusOf(const std::string& name) {
  for (size_t i = 0; i < OrderStatusNames().size(); ++i) {
    if (OrderStatusNames()[i] == name) return static_cast<v1::OrderStatus>(i + 1);
  }
  return v1::ORDER_STATUS_UNSPECIFIED;
}

}  // namespace trellis::cli
