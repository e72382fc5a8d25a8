// order get and ls: one order, the orders of a status.

#include <algorithm>
#include <ostream>

#include "clients/cli/cli.h"
#include "clients/cli/commands/order.h"
#include "clients/cli/commands/order_view.h"

namespace trellis::cli {
namespace {

namespace v1 = order::v1;

constexpr int kMaxPage = 1000;  // of order.proto

ExitCode Get(const Arguments& arguments, Context& context) {
  OrderClient client(ClientOptions(arguments));
  v1::GetOrderRequest request;
  request.set_id(arguments.Positional(0));
  const auto order = client.Call(&OrderClient::Stub::GetOrder, request);
  if (!order.ok()) return ReportFailure(order.status(), arguments, context.terminal);
  if (arguments.On("json")) {
    PrintJson(*order, context.terminal);
  } else {
    context.terminal.out << RenderOrder(*order, context.clock.WallNow());
  }
  return ExitCode::kOk;
}

// The pages up to `limit` orders as one; its token is that of the page after them.
absl::StatusOr<v1::ListOrdersResponse> FetchOrders(OrderClient& client,
                                                   v1::ListOrdersRequest request, int limit) {
  v1::ListOrdersResponse all;
  do {
    request.set_page_size(std::min(kMaxPage, limit - all.orders_size()));
    auto page = client.Call(&OrderClient::Stub::ListOrders, request);
    if (!page.ok()) return page.status();
    for (v1::Order& order : *page->mutable_orders()) *all.add_orders() = std::move(order);
    request.set_page_token(page->next_page_token());
    all.set_next_page_token(page->next_page_token());
  } while (!all.next_page_token().empty() && all.orders_size() < limit);
  return all;
}

ExitCode List(const Arguments& arguments, Context& context) {
  OrderClient client(ClientOptions(arguments));
  v1::ListOrdersRequest request;
  request.set_status(OrderStatusOf(arguments.Text("status")));
  const auto response = FetchOrders(client, std::move(request), arguments.Number("limit"));
  if (!response.ok()) return ReportFailure(response.status(), arguments, context.terminal);
  if (arguments.On("json")) {
    PrintJson(*response, context.terminal);
    return ExitCode::kOk;
  }
  if (response->orders().empty()) {
    const std::string status = arguments.Text("status");
    context.terminal.Say("no " + status + (status.empty() ? "" : " ") + "orders");
    return ExitCode::kOk;
  }
  context.terminal.out
      << OrderTable(response->orders(), context.clock.WallNow()).Render(context.terminal)
      << std::flush;
  if (!response->next_page_token().empty()) {
    context.terminal.Say("there are more; --limit shows up to 10000");
  }
  return ExitCode::kOk;
}

}  // namespace

Command OrderGetCommand() {
  return {.name = "order get",
          .summary = "Shows an order and when it became what it is",
          .examples = {{"order get order-17"}, {"order get order-17 --json | jq -r .status"}},
          .positionals = {OrderId()},
          .flags = OrderFlags(),
          .run = Get};
}

Command OrderListCommand() {
  return {.name = "order ls",
          .summary = "Lists orders, the newest first",
          .examples = {{"order ls"},
                       {"order ls --status rejected --limit 10", "who got nothing, and why"},
                       {"order ls --json | jq -r '.orders[].id'"}},
          .flags = OrderFlags({{.name = "status",
                                .kind = FlagKind::kChoice,
                                .value = "STATUS",
                                .help = "Only these, one of",
                                .choices = OrderStatusNames()},
                               {.name = "limit",
                                .kind = FlagKind::kNumber,
                                .value = "N",
                                .help = "How many, 1 to 10000",
                                .default_value = "50",
                                .min = 1,
                                .max = 10000}}),
          .run = List};
}

}  // namespace trellis::cli
