// Order: orders of articles of the load's own, load-0 to load-9, so that nobody else's stock is
// sold.

#include "clients/cli/load/random.h"
#include "clients/cli/load/target.h"
#include "clients/cpp/client.h"
#include "trellis/order/v1/order.grpc.pb.h"

namespace trellis::cli::load {
namespace {

namespace v1 = order::v1;
using OrderClient = client::Client<v1::OrderService>;

constexpr size_t kArticles = 10;
constexpr int kMostOfOne = 5;

std::string Article(size_t i) { return "load-" + std::to_string(i); }

// As many of each article as the run can order, were all orders for it.
absl::Status Stock(const Setup& setup) {
  OrderClient client({.address = setup.address, .timeout = setup.timeout});
  for (size_t i = 0; i < kArticles; ++i) {
    v1::GetInventoryRequest question;
    question.set_sku(Article(i));
    const auto stock = client.Call(&OrderClient::Stub::GetInventory, question);
    if (!stock.ok() && !absl::IsNotFound(stock.status())) return stock.status();
    const int64_t needed = setup.calls * kMostOfOne;
    if (stock.ok() && stock->quantity() >= needed) continue;
    v1::SetInventoryRequest request;
    request.set_sku(Article(i));
    request.set_quantity(needed);
    const auto set = client.Call(&OrderClient::Stub::SetInventory, request);
    if (!set.ok()) return set.status();
  }
  return absl::OkStatus();
}

absl::StatusOr<MakeRequest> Prepare(const Setup& setup) {
  if (absl::Status status = Stock(setup); !status.ok()) return status;
  return MakeRequest([setup](int64_t index) {
    Random random(setup.seed, index);
    v1::PlaceOrderRequest request;
    request.set_id("load-" + setup.run + "-" + std::to_string(index));
    request.set_sku(Article(random.Below(kArticles)));
    request.set_qty(static_cast<int32_t>(1 + random.Below(kMostOfOne)));
    return request.SerializeAsString();
  });
}

}  // namespace

Target OrderTarget() {
  return {.name = "order",
          .summary =
              "PlaceOrder: 1 to 5 of one of the articles load-0 to load-9, which are put on "
              "stock before",
          .service = v1::OrderService::service_full_name(),
          .method = "PlaceOrder",
          .variable = "ORDER_ADDR",
          .default_address = "127.0.0.1:50052",
          .prepare = Prepare};
}

}  // namespace trellis::cli::load
