// order place and cancel: verbs that change orders.

#include <ostream>

#include "clients/cli/cli.h"
#include "clients/cli/commands/order.h"
#include "clients/cli/text.h"

namespace trellis::cli {
namespace {

namespace v1 = order::v1;

constexpr int64_t kMaxQty = 1'000'000;  // of order.proto

// Whether the order was accepted is open when the answer was lost.
void HintAtRepeat(const absl::Status& status, const Arguments& arguments, Terminal& terminal) {
  if (!absl::IsUnavailable(status) && !absl::IsDeadlineExceeded(status)) return;
  terminal.Hint(arguments.Given("idempotency-key")
                    ? "Thanks to the idempotency key a repeat is safe."
                    : "The order may have been accepted; ./trellis order get shows it, and with "
                      "--idempotency-key a repeat gets the same answer.");
}

ExitCode Place(const Arguments& arguments, Context& context) {
  Terminal& terminal = context.terminal;
  v1::PlaceOrderRequest request;
  request.set_id(arguments.Positional(0));
  request.set_sku(arguments.Positional(1));
  request.set_qty(1);
  if (arguments.positionals().size() > 2) {
    const std::optional<int64_t> qty = NumberAt(arguments, 2, 1, kMaxQty, terminal);
    if (!qty) return ExitCode::kUsage;
    request.set_qty(static_cast<int32_t>(*qty));
  }
  const std::string key = arguments.Text("idempotency-key");
  if (arguments.Given("idempotency-key") && !client::IsIdempotencyKey(key)) {
    return UsageError(arguments.command(),
                      "--idempotency-key: '" + key + "' is not 1-255 visible ASCII characters",
                      terminal);
  }
  OrderClient client(ClientOptions(arguments));
  const auto response =
      client.Call(&OrderClient::Stub::PlaceOrder, request, {.idempotency_key = key});
  if (!response.ok()) {
    const ExitCode code = ReportFailure(response.status(), arguments, terminal);
    HintAtRepeat(response.status(), arguments, terminal);
    return code;
  }
  if (arguments.On("json")) {
    PrintJson(*response, terminal);
  } else {
    terminal.out << OneLine(response->order().id()) << "\n" << std::flush;
  }
  return ExitCode::kOk;
}

ExitCode Cancel(const Arguments& arguments, Context& context) {
  Terminal& terminal = context.terminal;
  const std::string id = arguments.Positional(0);
  if (!arguments.On("yes")) {
    if (!terminal.CanAsk()) {
      return UsageError(arguments.command(),
                        "cancel ends an order; without a terminal to ask on, say --yes", terminal);
    }
    if (!terminal.Confirm("Cancel order " + id + " for good?")) {
      terminal.Say("nothing was cancelled");
      return ExitCode::kFailed;
    }
  }
  OrderClient client(ClientOptions(arguments));
  v1::CancelOrderRequest request;
  request.set_id(id);
  const auto order = client.Call(&OrderClient::Stub::CancelOrder, request);
  if (!order.ok()) return ReportFailure(order.status(), arguments, terminal);
  if (arguments.On("json")) PrintJson(*order, terminal);
  terminal.Say("order " + order->id() + " is cancelled");
  return ExitCode::kOk;
}

}  // namespace

Command OrderPlaceCommand() {
  return {.name = "order place",
          .summary = "Places an order and prints its id",
          .examples = {{"order place order-17 mag-safe-phone-case 2"},
                       {"order place order-18 mag-safe-phone-case", "one of it"},
                       {"order place order-19 mag-safe-phone-case 2 --idempotency-key k-19",
                        "safe to repeat"}},
          .positionals = {{.name = "ID", .help = "The order's id, 1-64 of A-Z a-z 0-9 . _ -"},
                          {.name = "SKU", .help = "The article, of the same characters"},
                          {.name = "QTY",
                           .help = "How many, 1 to 1000000; 1 when not given",
                           .required = false}},
          .flags = OrderFlags({{.name = "idempotency-key",
                                .kind = FlagKind::kText,
                                .value = "KEY",
                                .help = "A repeat with the same key gets the first one's answer"}}),
          .notes = "An order is accepted at once and reserved or rejected a moment later.",
          .run = Place};
}

Command OrderCancelCommand() {
  return {.name = "order cancel",
          .summary = "Cancels an order and gives back what it reserved",
          .examples = {{"order cancel order-17", "asks first"},
                       {"order cancel order-17 --yes", "does not"}},
          .positionals = {OrderId()},
          .flags = OrderFlags({{.name = "yes", .help = "Do not ask"}}),
          .run = Cancel};
}

}  // namespace trellis::cli
