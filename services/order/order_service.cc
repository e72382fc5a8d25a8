#include "services/order/order_service.h"

#include <functional>

#include "mesh/base/failpoint.h"
#include "mesh/base/sleep.h"
#include "mesh/rpc/batch.h"
#include "mesh/rpc/handler.h"
#include "services/order/order_counters.h"
#include "services/order/repair_requests.h"
#include "services/order/requests.h"
#include "services/order/status_counts.h"
#include "trellis/order/v1/order.grpc.pb.h"

namespace trellis::order {
namespace {

using grpc::CallbackServerContext;
using grpc::ServerUnaryReactor;
using rpc::CallContext;

constexpr base::milliseconds kWatchPeriod{1000};

class OrderRpc final : public v1::OrderService::CallbackService {
 public:
  OrderRpc(rpc::Runtime& runtime, OrderPorts ports) : runtime_(runtime), ports_(std::move(ports)) {}

  ServerUnaryReactor* PlaceOrder(CallbackServerContext* context,
                                 const v1::PlaceOrderRequest* request,
                                 v1::PlaceOrderResponse* response) override {
    return Bind(place_, &OrderRpc::HandlePlace, context, request, response);
  }
  ServerUnaryReactor* BatchPlaceOrders(CallbackServerContext* context,
                                       const v1::BatchPlaceOrdersRequest* request,
                                       v1::BatchPlaceOrdersResponse* response) override {
    return Bind(batch_place_, &OrderRpc::HandleBatchPlace, context, request, response);
  }
  ServerUnaryReactor* GetOrder(CallbackServerContext* context, const v1::GetOrderRequest* request,
                               v1::Order* response) override {
    return Bind(get_, &OrderRpc::HandleGet, context, request, response);
  }
  ServerUnaryReactor* ListOrders(CallbackServerContext* context,
                                 const v1::ListOrdersRequest* request,
                                 v1::ListOrdersResponse* response) override {
    return Bind(list_, &OrderRpc::HandleList, context, request, response);
  }
  ServerUnaryReactor* CancelOrder(CallbackServerContext* context,
                                  const v1::CancelOrderRequest* request,
                                  v1::Order* response) override {
    return Bind(cancel_, &OrderRpc::HandleCancel, context, request, response);
  }
  ServerUnaryReactor* SetInventory(CallbackServerContext* context,
                                   const v1::SetInventoryRequest* request,
                                   v1::Inventory* response) override {
    return Bind(set_inventory_, &OrderRpc::HandleSetInventory, context, request, response);
  }
  ServerUnaryReactor* GetInventory(CallbackServerContext* context,
                                   const v1::GetInventoryRequest* request,
                                   v1::Inventory* response) override {
    return Bind(get_inventory_, &OrderRpc::HandleGetInventory, context, request, response);
  }
  ServerUnaryReactor* GetDashboard(CallbackServerContext* context,
                                   const v1::GetDashboardRequest* request,
                                   v1::Dashboard* response) override {
    return Bind(get_dashboard_, &OrderRpc::HandleDashboard, context, request, response);
  }
  grpc::ServerWriteReactor<v1::Dashboard>* WatchDashboard(
      CallbackServerContext* context, const v1::GetDashboardRequest* request) override {
    return rpc::ServerStreaming<v1::Dashboard>(runtime_, watch_dashboard_, context, request,
                                               std::bind_front(&OrderRpc::HandleWatch, this));
  }
  ServerUnaryReactor* ListDeadMessages(CallbackServerContext* context,
                                       const v1::ListDeadMessagesRequest* request,
                                       v1::ListDeadMessagesResponse* response) override {
    return Bind(list_dead_, &OrderRpc::HandleListDead, context, request, response);
  }
  ServerUnaryReactor* ReplayDeadMessages(CallbackServerContext* context,
                                         const v1::ReplayDeadMessagesRequest* request,
                                         v1::ReplayDeadMessagesResponse* response) override {
    return Bind(replay_dead_, &OrderRpc::HandleReplayDead, context, request, response);
  }
  ServerUnaryReactor* ReconcileOrders(CallbackServerContext* context,
                                      const v1::ReconcileOrdersRequest* request,
                                      v1::ReconcileOrdersResponse* response) override {
    return Bind(reconcile_, &OrderRpc::HandleReconcile, context, request, response);
  }

 private:
  template <typename Method, typename Request, typename Response>
  ServerUnaryReactor* Bind(rpc::MethodRecorder& recorder, Method method,
                           CallbackServerContext* context, const Request* request,
                           Response* response) {
    return rpc::Unary(runtime_, recorder, context, request, response,
                      std::bind_front(method, this));
  }
  Stock& StockOf(const CallContext& context) { return *ports_.stocks[context.reactor]; }

  Async<v1::PlaceOrderResponse> HandlePlace(const CallContext& context,
                                            const v1::PlaceOrderRequest& request) {
    absl::StatusOr<NewOrder> order = NewOrderFrom(request, context);
    if (!order.ok()) {
      orders_.refused.Increment();
      co_return order.status();
    }
    SeenOrders& seen = *ports_.seen[context.reactor];
    if (order->idempotency_key.empty()) {
      const bool known = co_await seen.Seen(order->id, context.deadline);
      if (known) {
        orders_.duplicate.Increment();
        co_return StatusOf({.outcome = PlaceResult::Outcome::kDuplicate});
      }
    }
    absl::StatusOr<PlaceResult> result =
        co_await ports_.store.Place(std::move(*order), ports_.outbox_lease, context.deadline);
    if (!result.ok()) {
      orders_.failed.Increment();
      co_return result.status();
    }
    base::HitFailpoint("order.after-commit");
    orders_.Of(result->outcome).Increment();
    if (absl::Status status = StatusOf(*result); !status.ok()) co_return status;
    if (result->outcome == PlaceResult::Outcome::kAccepted) {
      ports_.relays[context.reactor]->Offer(std::move(result->row));
      co_await seen.Remember(result->order.id, context.deadline);
    }
    v1::PlaceOrderResponse response;
    response.set_message("Order received: " + result->order.id);
    ToMessage(result->order, response.mutable_order());
    co_return response;
  }

  Async<v1::BatchPlaceOrdersResponse> HandleBatchPlace(const CallContext& context,
                                                       const v1::BatchPlaceOrdersRequest& request) {
    return rpc::HandleBatch<v1::BatchPlaceOrdersResponse>(
        runtime_, place_, context, request, std::bind_front(&OrderRpc::HandlePlace, this));
  }

  Async<v1::Order> HandleGet(const CallContext& context, const v1::GetOrderRequest& request) {
    if (absl::Status status = CheckId("id", request.id()); !status.ok()) co_return status;
    const absl::StatusOr<Order> order = co_await ports_.store.Get(request.id(), context.deadline);
    co_return ToResponse(order);
  }

  Async<v1::ListOrdersResponse> HandleList(const CallContext& context,
                                           const v1::ListOrdersRequest& request) {
    const absl::StatusOr<ListArguments> arguments = ListArgumentsFrom(request);
    if (!arguments.ok()) co_return arguments.status();
    const absl::StatusOr<OrderPage> page = co_await ports_.store.List(
        arguments->status, arguments->page_size, request.page_token(), context.deadline);
    if (!page.ok()) co_return page.status();
    v1::ListOrdersResponse response;
    for (const Order& order : page->orders) ToMessage(order, response.add_orders());
    response.set_next_page_token(page->next_page_token);
    co_return response;
  }

  Async<v1::Order> HandleCancel(const CallContext& context, const v1::CancelOrderRequest& request) {
    if (absl::Status status = CheckId("id", request.id()); !status.ok()) co_return status;
    const absl::StatusOr<Order> cancelled =
        co_await ports_.cancellings[context.reactor]->Cancel(request.id(), context.deadline);
    co_return ToResponse(cancelled);
  }

  Async<v1::Inventory> HandleSetInventory(const CallContext& context,
                                          const v1::SetInventoryRequest& request) {
    if (absl::Status status = CheckId("sku", request.sku()); !status.ok()) co_return status;
    if (absl::Status status = CheckQuantity(request.quantity()); !status.ok()) co_return status;
    const absl::Status status =
        co_await StockOf(context).Set(request.sku(), request.quantity(), context.deadline);
    if (!status.ok()) co_return status;
    co_return ToResponse(request.sku(), request.quantity());
  }

  Async<v1::Inventory> HandleGetInventory(const CallContext& context,
                                          const v1::GetInventoryRequest& request) {
    if (absl::Status status = CheckId("sku", request.sku()); !status.ok()) co_return status;
    const absl::StatusOr<int64_t> quantity =
        co_await StockOf(context).Get(request.sku(), context.deadline);
    if (!quantity.ok()) co_return quantity.status();
    co_return ToResponse(request.sku(), *quantity);
  }

  Async<v1::Dashboard> HandleDashboard(const CallContext& context,
                                       const v1::GetDashboardRequest& /*request*/) {
    v1::Dashboard dashboard;
    const auto counts = co_await counts_.Get(context.deadline);
    if (!counts.ok()) co_return counts.status();
    dashboard.mutable_orders()->insert(counts->begin(), counts->end());
    const auto outbox = co_await ports_.store.GetOutboxStats(context.deadline);
    if (!outbox.ok()) co_return outbox.status();
    dashboard.mutable_outbox()->set_depth(outbox->depth);
    dashboard.mutable_outbox()->set_oldest_age_ms(outbox->oldest_age.count());
    const auto stock = co_await StockOf(context).List(context.deadline);
    if (!stock.ok()) co_return stock.status();
    dashboard.mutable_inventory()->insert(stock->begin(), stock->end());
    const auto totals = co_await ports_.ledgers[context.reactor]->Totals(context.deadline);
    if (!totals.ok()) co_return totals.status();
    dashboard.mutable_notifications()->set_sent(totals->sent);
    dashboard.mutable_notifications()->set_claimed(totals->claimed);
    dashboard.mutable_notifications()->set_outcome_unknown(totals->outcome_unknown);
    SetTime(std::chrono::system_clock::now(), dashboard.mutable_time());
    co_return dashboard;
  }

  boost::asio::awaitable<absl::Status> HandleWatch(const CallContext& context,
                                                   const v1::GetDashboardRequest& request,
                                                   rpc::StreamWriter<v1::Dashboard>& writer) {
    for (;;) {
      CallContext read = context;
      read.deadline = base::Deadline::Min(context.deadline, base::Deadline::After(kWatchPeriod));
      absl::StatusOr<v1::Dashboard> dashboard = co_await HandleDashboard(read, request);
      if (!dashboard.ok()) co_return dashboard.status();
      const bool alive = co_await writer.Write(std::move(*dashboard));
      if (!alive) co_return absl::OkStatus();
      co_await base::Sleep(kWatchPeriod);
    }
  }

  Async<v1::ListDeadMessagesResponse> HandleListDead(const CallContext& context,
                                                     const v1::ListDeadMessagesRequest& request) {
    const auto arguments = DeadArgumentsFrom(request.queue(), request.limit());
    if (!arguments.ok()) co_return arguments.status();
    v1::ListDeadMessagesResponse response;
    for (const DeadQueue queue : arguments->queues) {
      const absl::StatusOr<DeadPage> page =
          co_await ports_.dead_messages.List(queue, arguments->limit, context.deadline);
      if (!page.ok()) co_return page.status();
      for (const DeadMessage& dead : page->messages)
        ToMessage(queue, dead, response.add_messages());
      response.set_left(response.left() + page->left);
    }
    co_return response;
  }

  Async<v1::ReplayDeadMessagesResponse> HandleReplayDead(
      const CallContext& context, const v1::ReplayDeadMessagesRequest& request) {
    const auto arguments = DeadArgumentsFrom(request.queue(), request.limit());
    if (!arguments.ok()) co_return arguments.status();
    v1::ReplayDeadMessagesResponse response;
    for (const DeadQueue queue : arguments->queues) {
      const absl::StatusOr<Replay> replay =
          co_await ports_.dead_messages.Bring(queue, arguments->limit, context.deadline);
      if (!replay.ok()) co_return replay.status();
      response.set_replayed(response.replayed() + replay->replayed);
      response.set_left(response.left() + replay->left);
    }
    co_return response;
  }

  Async<v1::ReconcileOrdersResponse> HandleReconcile(const CallContext& context,
                                                     const v1::ReconcileOrdersRequest& request) {
    const absl::StatusOr<ReconcileOptions> options = ReconcileOptionsFrom(request);
    if (!options.ok()) co_return options.status();
    const absl::StatusOr<Reconciliation> result =
        co_await ports_.reconcilers[context.reactor]->Page(request.page_token(), *options,
                                                           context.deadline);
    if (!result.ok()) co_return result.status();
    v1::ReconcileOrdersResponse response;
    ToMessage(*result, &response);
    co_return response;
  }

  static absl::StatusOr<v1::Order> ToResponse(const absl::StatusOr<Order>& order) {
    if (!order.ok()) return order.status();
    v1::Order response;
    ToMessage(*order, &response);
    return response;
  }
  static v1::Inventory ToResponse(const std::string& sku, int64_t quantity) {
    v1::Inventory response;
    response.set_sku(sku);
    response.set_quantity(quantity);
    return response;
  }

  rpc::MethodRecorder& Recorder(const char* method) {
    return runtime_.Recorder(std::string(kOrderServiceName) + "/" + method);
  }

  rpc::Runtime& runtime_;
  const OrderPorts ports_;
  const base::SystemClock clock_;
  StatusCounts counts_{ports_.store, clock_};
  const OrderCounters orders_{runtime_.metrics()};
  rpc::MethodRecorder& place_ = Recorder("PlaceOrder");
  rpc::MethodRecorder& batch_place_ = Recorder("BatchPlaceOrders");
  rpc::MethodRecorder& get_ = Recorder("GetOrder");
  rpc::MethodRecorder& list_ = Recorder("ListOrders");
  rpc::MethodRecorder& cancel_ = Recorder("CancelOrder");
  rpc::MethodRecorder& set_inventory_ = Recorder("SetInventory");
  rpc::MethodRecorder& get_inventory_ = Recorder("GetInventory");
  rpc::MethodRecorder& get_dashboard_ = Recorder("GetDashboard");
  rpc::MethodRecorder& watch_dashboard_ = Recorder("WatchDashboard");
  rpc::MethodRecorder& list_dead_ = Recorder("ListDeadMessages");
  rpc::MethodRecorder& replay_dead_ = Recorder("ReplayDeadMessages");
  rpc::MethodRecorder& reconcile_ = Recorder("ReconcileOrders");
};

}  // namespace

std::unique_ptr<grpc::Service> MakeOrderService(rpc::Runtime& runtime, OrderPorts ports) {
  return std::make_unique<OrderRpc>(runtime, std::move(ports));
}

}  // namespace trellis::order
