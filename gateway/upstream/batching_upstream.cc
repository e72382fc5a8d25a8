#include "gateway/upstream/batching_upstream.h"

#include <atomic>
#include <limits>
#include <map>
#include <vector>

#include "gateway/routing/route.h"
#include "gateway/upstream/batch_form.h"
#include "mesh/base/batcher.h"
#include "mesh/telemetry/log.h"
#include "trellis/http/v1/options.pb.h"

namespace trellis::gateway {
namespace {

namespace asio = boost::asio;
using google::protobuf::Message;

// So that a batch stays far below what a server takes (4 MiB).
constexpr size_t kMaxItems = 64;
constexpr size_t kMaxRequestSize = 16 * 1024;
// Before a server that did not know the batch method is asked again.
constexpr base::milliseconds kUnknownPause{10'000};

// Nothing but the trace that the gateway itself began.
bool HasOwnTraceAlone(const MetadataList& metadata) {
  return metadata.size() == 1 && metadata.front().first == "traceparent";
}

// The calls of one method.
class BatchedMethod {
 public:
  BatchedMethod(Upstream& upstream, BatchForm form)
      : upstream_(upstream),
        form_(std::move(form)),
        batcher_([this](const std::vector<Item>& items,
                        base::Deadline deadline) { return Run(items, deadline); },
                 Options()) {}

  [[nodiscard]] bool Takes(const OutgoingCall& call, const Message& request) const {
    return HasOwnTraceAlone(call.metadata) && request.ByteSizeLong() <= kMaxRequestSize &&
           base::Deadline::At(unknown_until_.load()).Expired();
  }

  asio::awaitable<UnaryResult> Call(OutgoingCall call, const Message& request, Message* response) {
    const base::Deadline deadline = call.deadline;
    // Copies, since this call may be over before its batch is.
    std::shared_ptr<Message> copy(request.New());
    copy->CopyFrom(request);
    std::shared_ptr<Message> filled(response->New());
    Item item{std::move(call), std::move(copy), filled};
    absl::StatusOr<UnaryResult> result = co_await batcher_.Do(std::move(item), deadline);
    if (absl::IsUnknown(result.status())) {
      co_return UnaryResult{base::MakeStatus(absl::StatusCode::kDeadlineExceeded,
                                             "the deadline passed while the call was under way"),
                            {}};
    }
    if (!result.ok()) co_return UnaryResult{result.status(), {}};
    if (result->status.ok()) response->GetReflection()->Swap(response, filled.get());
    co_return *std::move(result);
  }

 private:
  struct Item {
    OutgoingCall call;
    std::shared_ptr<Message> request;
    std::shared_ptr<Message> response;
  };

  // As many batches at a time as there are turns with calls: nothing waits.
  static base::BatcherOptions Options() {
    base::BatcherOptions options;
    options.max_under_way = std::numeric_limits<int>::max();
    options.max_items = kMaxItems;
    return options;
  }

  asio::awaitable<absl::StatusOr<std::vector<UnaryResult>>> Run(const std::vector<Item>& items,
                                                                base::Deadline deadline) {
    if (items.size() == 1) co_return co_await RunEach(items);
    const std::unique_ptr<Message> request = form_.NewRequest(), response = form_.NewResponse();
    for (const Item& item : items) {
      form_.Add(*item.request, item.call.metadata.front().second, request.get());
    }
    OutgoingCall call;
    call.rpc_path = form_.rpc_path();
    call.metadata = items.front().call.metadata;
    call.deadline = deadline;
    const UnaryResult whole =
        co_await upstream_.Unary(call, *request, response.get(), /*cancel=*/nullptr);
    if (absl::IsUnimplemented(whole.status)) {
      telemetry::Log(telemetry::Level::kWarn, "batch method is not known; calls go one by one",
                     {{"method", form_.rpc_path()}});
      unknown_until_ = base::Deadline::After(kUnknownPause).time();
      co_return co_await RunEach(items);
    }
    // Answers for each, never a failure of the whole: the batcher must not run them again.
    absl::Status failed = whole.status;
    if (failed.ok() && form_.ResultCount(*response) != static_cast<int>(items.size())) {
      failed = base::MakeStatus(absl::StatusCode::kInternal,
                                form_.rpc_path() + " gave another number of results");
    }
    std::vector<UnaryResult> results(items.size(), UnaryResult{failed, whole.metadata});
    if (!failed.ok()) co_return results;
    for (size_t i = 0; i < items.size(); ++i) {
      results[i].status =
          form_.TakeResult(static_cast<int>(i), response.get(), items[i].response.get());
    }
    co_return results;
  }

  // Each as the call that it is.
  asio::awaitable<std::vector<UnaryResult>> RunEach(const std::vector<Item>& items) {
    std::vector<UnaryResult> results;
    for (const Item& item : items) {
      UnaryResult result = co_await upstream_.Unary(item.call, *item.request, item.response.get(),
                                                    /*cancel=*/nullptr);
      results.push_back(std::move(result));
    }
    co_return results;
  }

  Upstream& upstream_;
  const BatchForm form_;
  std::atomic<base::SteadyTime> unknown_until_{base::SteadyTime::min()};
  base::Batcher<Item, UnaryResult> batcher_;
};

class BatchingUpstream final : public Upstream {
 public:
  explicit BatchingUpstream(std::unique_ptr<Upstream> upstream) : upstream_(std::move(upstream)) {}

  void Add(const std::string& rpc_path, BatchForm form) {
    methods_.emplace(rpc_path, std::make_unique<BatchedMethod>(*upstream_, std::move(form)));
  }

  asio::awaitable<UnaryResult> Unary(const OutgoingCall& call, const Message& request,
                                     Message* response, CancelHandle* cancel) override {
    const auto method = methods_.find(call.rpc_path);
    if (method == methods_.end() || !method->second->Takes(call, request)) {
      return upstream_->Unary(call, request, response, cancel);
    }
    return method->second->Call(call, request, response);
  }

  std::unique_ptr<UpstreamStream> ServerStreaming(const OutgoingCall& call, const Message& request,
                                                  std::unique_ptr<Message> message,
                                                  asio::any_io_executor executor) override {
    return upstream_->ServerStreaming(call, request, std::move(message), std::move(executor));
  }

  bool Connected() override { return upstream_->Connected(); }

 private:
  const std::unique_ptr<Upstream> upstream_;
  std::map<std::string, std::unique_ptr<BatchedMethod>> methods_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<Upstream>> MakeBatchingUpstream(
    std::unique_ptr<Upstream> upstream, const google::protobuf::ServiceDescriptor& service) {
  auto batching = std::make_unique<BatchingUpstream>(std::move(upstream));
  for (int i = 0; i < service.method_count(); ++i) {
    const auto& method = *service.method(i);
    if (method.options().GetExtension(trellis::http::v1::http_options).batch_method().empty()) {
      continue;
    }
    absl::StatusOr<BatchForm> form = BatchForm::Of(method);
    if (!form.ok()) return form.status();
    batching->Add(RpcPath(method), *std::move(form));
  }
  return batching;
}

}  // namespace trellis::gateway
