// inventory set and get: what is on stock and free to order.

#include <ostream>

#include "clients/cli/cli.h"
#include "clients/cli/commands/commands.h"
#include "clients/cli/commands/order.h"

namespace trellis::cli {
namespace {

namespace v1 = order::v1;

constexpr int64_t kMaxQuantity = 1'000'000'000'000;  // of order.proto

Positional Sku() { return {.name = "SKU", .help = "The article"}; }

ExitCode Set(const Arguments& arguments, Context& context) {
  Terminal& terminal = context.terminal;
  const std::optional<int64_t> quantity = NumberAt(arguments, 1, 0, kMaxQuantity, terminal);
  if (!quantity) return ExitCode::kUsage;
  OrderClient client(ClientOptions(arguments));
  v1::SetInventoryRequest request;
  request.set_sku(arguments.Positional(0));
  request.set_quantity(*quantity);
  const auto inventory = client.Call(&OrderClient::Stub::SetInventory, request);
  if (!inventory.ok()) return ReportFailure(inventory.status(), arguments, terminal);
  if (arguments.On("json")) PrintJson(*inventory, terminal);
  terminal.Say(std::to_string(inventory->quantity()) + " of " + inventory->sku() +
               " are free to order");
  return ExitCode::kOk;
}

ExitCode Get(const Arguments& arguments, Context& context) {
  Terminal& terminal = context.terminal;
  OrderClient client(ClientOptions(arguments));
  v1::GetInventoryRequest request;
  request.set_sku(arguments.Positional(0));
  const auto inventory = client.Call(&OrderClient::Stub::GetInventory, request);
  if (!inventory.ok()) {
    const ExitCode code = ReportFailure(inventory.status(), arguments, terminal);
    if (code == ExitCode::kNotFound) terminal.Hint("./trellis inventory set SKU N puts it there.");
    return code;
  }
  if (arguments.On("json")) {
    PrintJson(*inventory, terminal);
  } else {
    terminal.out << inventory->quantity() << "\n" << std::flush;
  }
  return ExitCode::kOk;
}

}  // namespace

CommandTable InventoryCommands() {
  return {{.name = "inventory",
           .summary = "Shows and sets what is on stock",
           .examples = {{"inventory set mag-safe-phone-case 100", "free to order from now on"},
                        {"inventory get mag-safe-phone-case"}}},
          {.name = "inventory set",
           .summary = "Sets how many of an article are free to order",
           .examples = {{"inventory set mag-safe-phone-case 100"}},
           .positionals = {Sku(), {.name = "N", .help = "How many, 0 to 1000000000000"}},
           .flags = OrderFlags(),
           .notes = "What orders have reserved is not part of it.",
           .run = Set},
          {.name = "inventory get",
           .summary = "Prints how many of an article are free to order",
           .examples = {{"inventory get mag-safe-phone-case"}},
           .positionals = {Sku()},
           .flags = OrderFlags(),
           .run = Get}};
}

}  // namespace trellis::cli
