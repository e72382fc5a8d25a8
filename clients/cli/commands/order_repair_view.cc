#include "clients/cli/commands/order_repair_view.h"

#include <algorithm>

#include "clients/cli/commands/time_stamp.h"
#include "clients/cli/text.h"

namespace trellis::cli {
namespace {

namespace v1 = order::v1;

constexpr size_t kBodyColumns = 60;

// MESSAGE_LOST as "message-lost".
std::string KindName(v1::FindingKind kind) {
  std::string name = v1::FindingKind_Name(kind);
  if (name.empty()) return "unknown";
  for (char& c : name) c = c == '_' ? '-' : static_cast<char>(std::tolower(c));
  return name;
}

std::string Repair(const v1::Finding& finding) {
  if (finding.repaired()) return "done";
  return finding.repair_error().empty() ? "-" : "failed";
}

}  // namespace

v1::DeadQueue DeadQueueOf(const std::string& name) {
  if (name == "orders") return v1::ORDERS;
  if (name == "notifier") return v1::NOTIFIER;
  return v1::DEAD_QUEUE_UNSPECIFIED;
}

Table DeadMessageTable(const google::protobuf::RepeatedPtrField<v1::DeadMessage>& messages,
                       base::WallTime now) {
  Table table(
      {{"QUEUE"}, {"ID"}, {"REASON"}, {"DEATHS", true}, {"AGE", true}, {"BYTES", true}, {"BODY"}});
  for (const v1::DeadMessage& message : messages) {
    table.Add({message.queue() == v1::ORDERS ? "orders" : "notifier",
               message.message_id().empty() ? "-" : message.message_id(),
               message.reason().empty() ? "-" : message.reason(),
               std::to_string(message.death_count()),
               message.has_died_at() ? Between(TimeOf(message.died_at()), now) : "-",
               std::to_string(message.body_size()), OneLine(message.body_start(), kBodyColumns)});
  }
  return table;
}

Table FindingTable(const google::protobuf::RepeatedPtrField<v1::Finding>& findings) {
  Table table({{"ORDER"}, {"SKU"}, {"QTY", true}, {"FINDING"}, {"REPAIR"}, {"DETAIL"}});
  for (const v1::Finding& finding : findings) {
    std::string detail = finding.detail();
    if (!finding.repair_error().empty()) detail += "; " + finding.repair_error();
    table.Add({finding.order_id(), finding.sku(), std::to_string(finding.qty()),
               KindName(finding.kind()), Repair(finding), std::move(detail)});
  }
  return table;
}

std::string RenderAccounts(const google::protobuf::RepeatedPtrField<v1::SkuAccount>& skus,
                           const Terminal& terminal) {
  Table table({{"SKU"}, {"SOLD BY LEDGER", true}, {"RESERVED ON REDIS", true}});
  bool differ = false;
  for (const v1::SkuAccount& account : skus) {
    if (account.ledger() == account.reserved()) continue;
    differ = true;
    table.Add(
        {account.sku(), std::to_string(account.ledger()), std::to_string(account.reserved())});
  }
  return differ ? table.Render(terminal) : "";
}

}  // namespace trellis::cli
