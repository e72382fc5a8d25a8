#ifndef CLIENTS_CLI_TESTING_FAKE_ORDER_SERVICE_H_
#define CLIENTS_CLI_TESTING_FAKE_ORDER_SERVICE_H_

#include <grpcpp/grpcpp.h>

#include <deque>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "clients/cli/testing/fake_server.h"
#include "mesh/base/status.h"
#include "trellis/order/v1/order.grpc.pb.h"

namespace trellis::cli::testing {

// An OrderService on a free port of loopback that keeps what it was asked and answers what the test
// set. Set answers before the call that they are for; requests may be read after it.
class FakeOrderService final : public order::v1::OrderService::Service {
 public:
  [[nodiscard]] const std::string& address() const { return server_.address(); }
  [[nodiscard]] int calls() const { return calls_; }

  // What grpc.health.v1 says of it; serving from the start.
  void SetServing(bool serving) { server_.SetServing(serving); }

  // Every call answers this.
  void FailWith(absl::Status status);

  // Requests as they came.
  std::vector<order::v1::PlaceOrderRequest> placed;
  std::vector<std::string> keys;  // idempotency keys of those that had one
  std::vector<order::v1::ListOrdersRequest> lists;
  std::vector<std::string> cancelled;
  std::vector<order::v1::ListDeadMessagesRequest> dead_lists;
  std::vector<order::v1::ReplayDeadMessagesRequest> replays;
  std::vector<order::v1::ReconcileOrdersRequest> reconciles;

  // Answers.
  std::vector<order::v1::Order> orders;
  std::map<std::string, int64_t> inventory;
  order::v1::ListDeadMessagesResponse dead;
  order::v1::ReplayDeadMessagesResponse replay;
  // The pages of ReconcileOrders; each but the last gets a token.
  std::vector<order::v1::ReconcileOrdersResponse> pages;
  // Each inner list is a stream of its own and ends with its status.
  struct Stream {
    std::vector<order::v1::Dashboard> dashboards;
    absl::Status end;
  };
  std::deque<Stream> streams;

  grpc::Status PlaceOrder(grpc::ServerContext* context, const order::v1::PlaceOrderRequest* request,
                          order::v1::PlaceOrderResponse* response) override;
  grpc::Status GetOrder(grpc::ServerContext* context, const order::v1::GetOrderRequest* request,
                        order::v1::Order* response) override;
  grpc::Status ListOrders(grpc::ServerContext* context, const order::v1::ListOrdersRequest* request,
                          order::v1::ListOrdersResponse* response) override;
  grpc::Status CancelOrder(grpc::ServerContext* context,
                           const order::v1::CancelOrderRequest* request,
                           order::v1::Order* response) override;
  grpc::Status SetInventory(grpc::ServerContext* context,
                            const order::v1::SetInventoryRequest* request,
                            order::v1::Inventory* response) override;
  grpc::Status GetInventory(grpc::ServerContext* context,
                            const order::v1::GetInventoryRequest* request,
                            order::v1::Inventory* response) override;
  grpc::Status GetDashboard(grpc::ServerContext* context,
                            const order::v1::GetDashboardRequest* request,
                            order::v1::Dashboard* response) override;
  grpc::Status WatchDashboard(grpc::ServerContext* context,
                              const order::v1::GetDashboardRequest* request,
                              grpc::ServerWriter<order::v1::Dashboard>* writer) override;

  grpc::Status ListDeadMessages(grpc::ServerContext* context,
                                const order::v1::ListDeadMessagesRequest* request,
                                order::v1::ListDeadMessagesResponse* response) override;
  grpc::Status ReplayDeadMessages(grpc::ServerContext* context,
                                  const order::v1::ReplayDeadMessagesRequest* request,
                                  order::v1::ReplayDeadMessagesResponse* response) override;
  grpc::Status ReconcileOrders(grpc::ServerContext* context,
                               const order::v1::ReconcileOrdersRequest* request,
                               order::v1::ReconcileOrdersResponse* response) override;

 private:
  // The failure, if there is to be one.
  grpc::Status Enter();
  grpc::Status Find(const std::string& id, order::v1::Order* response);

  std::mutex mutex_;
  absl::Status failure_;
  int calls_ = 0;
  FakeServer server_{this, order::v1::OrderService::service_full_name()};
};

}  // namespace trellis::cli::testing

#endif  // CLIENTS_CLI_TESTING_FAKE_ORDER_SERVICE_H_
