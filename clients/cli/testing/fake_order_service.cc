#include "clients/cli/testing/fake_order_service.h"

#include "mesh/rpc/status.h"

namespace trellis::cli::testing {

namespace v1 = order::v1;
using grpc::ServerContext;
using grpc::Status;

void FakeOrderService::FailWith(absl::Status status) { failure_ = std::move(status); }

Status FakeOrderService::Enter() {
  ++calls_;
  return rpc::ToGrpc(failure_);
}

Status FakeOrderService::Find(const std::string& id, v1::Order* response) {
  for (const v1::Order& order : orders) {
    if (order.id() == id) *response = order;
  }
  if (response->id().empty()) return {grpc::StatusCode::NOT_FOUND, "there is no such order"};
  return Enter();
}

Status FakeOrderService::PlaceOrder(ServerContext* context, const v1::PlaceOrderRequest* request,
                                    v1::PlaceOrderResponse* response) {
  const std::lock_guard lock(mutex_);
  placed.push_back(*request);
  const auto [begin, end] = context->client_metadata().equal_range("idempotency-key");
  for (auto key = begin; key != end; ++key) {
    keys.emplace_back(key->second.data(), key->second.size());
  }
  response->set_message("Order received: " + request->id());
  response->mutable_order()->set_id(request->id());
  response->mutable_order()->set_status(v1::RECEIVED);
  return Enter();
}

Status FakeOrderService::GetOrder(ServerContext*, const v1::GetOrderRequest* request,
                                  v1::Order* response) {
  const std::lock_guard lock(mutex_);
  return Find(request->id(), response);
}

Status FakeOrderService::ListOrders(ServerContext*, const v1::ListOrdersRequest* request,
                                    v1::ListOrdersResponse* response) {
  const std::lock_guard lock(mutex_);
  lists.push_back(*request);
  size_t i = request->page_token().empty() ? 0 : std::stoul(request->page_token());
  for (int n = 0; n < request->page_size() && i < orders.size(); ++n, ++i) {
    *response->add_orders() = orders[i];
  }
  if (i < orders.size()) response->set_next_page_token(std::to_string(i));
  return Enter();
}

Status FakeOrderService::CancelOrder(ServerContext*, const v1::CancelOrderRequest* request,
                                     v1::Order* response) {
  const std::lock_guard lock(mutex_);
  cancelled.push_back(request->id());
  Status found = Find(request->id(), response);
  response->set_status(v1::CANCELLED);
  return found;
}

Status FakeOrderService::SetInventory(ServerContext*, const v1::SetInventoryRequest* request,
                                      v1::Inventory* response) {
  const std::lock_guard lock(mutex_);
  inventory[request->sku()] = request->quantity();
  response->set_sku(request->sku());
  response->set_quantity(request->quantity());
  return Enter();
}

Status FakeOrderService::GetInventory(ServerContext*, const v1::GetInventoryRequest* request,
                                      v1::Inventory* response) {
  const std::lock_guard lock(mutex_);
  const auto found = inventory.find(request->sku());
  if (found == inventory.end()) {
    return {grpc::StatusCode::NOT_FOUND, "nobody has set the stock of '" + request->sku() + "'"};
  }
  response->set_sku(found->first);
  response->set_quantity(found->second);
  return Enter();
}

Status FakeOrderService::GetDashboard(ServerContext*, const v1::GetDashboardRequest*,
                                      v1::Dashboard*) {
  const std::lock_guard lock(mutex_);
  return Enter();
}

Status FakeOrderService::WatchDashboard(ServerContext*, const v1::GetDashboardRequest*,
                                        grpc::ServerWriter<v1::Dashboard>* writer) {
  const std::lock_guard lock(mutex_);
  if (streams.empty()) return Status::OK;
  const Stream stream = streams.front();
  streams.pop_front();
  for (const v1::Dashboard& dashboard : stream.dashboards) writer->Write(dashboard);
  return rpc::ToGrpc(stream.end);
}

Status FakeOrderService::ListDeadMessages(ServerContext*,
                                          const v1::ListDeadMessagesRequest* request,
                                          v1::ListDeadMessagesResponse* response) {
  const std::lock_guard lock(mutex_);
  dead_lists.push_back(*request);
  *response = dead;
  return Enter();
}

Status FakeOrderService::ReplayDeadMessages(ServerContext*,
                                            const v1::ReplayDeadMessagesRequest* request,
                                            v1::ReplayDeadMessagesResponse* response) {
  const std::lock_guard lock(mutex_);
  replays.push_back(*request);
  *response = replay;
  return Enter();
}

Status FakeOrderService::ReconcileOrders(ServerContext*, const v1::ReconcileOrdersRequest* request,
                                         v1::ReconcileOrdersResponse* response) {
  const std::lock_guard lock(mutex_);
  reconciles.push_back(*request);
  const size_t i = request->page_token().empty() ? 0 : std::stoul(request->page_token());
  if (i < pages.size()) *response = pages[i];
  if (i + 1 < pages.size()) response->set_next_page_token(std::to_string(i + 1));
  return Enter();
}

}  // namespace trellis::cli::testing
