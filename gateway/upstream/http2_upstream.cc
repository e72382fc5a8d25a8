#include "gateway/upstream/http2_upstream.h"

#include <boost/asio/async_result.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "gateway/upstream/http2/endpoint_pool.h"
#include "gateway/upstream/http2/stream.h"
#include "gateway/upstream/http2/unary_call.h"
#include "mesh/base/ids.h"

namespace trellis::gateway {
namespace {

namespace asio = boost::asio;
using google::protobuf::Message;

constexpr int kAttempts = 3;
constexpr base::BackoffPolicy kRetryBackoff{base::milliseconds(50), base::milliseconds(500)};

// Another server may do what this one did not: it is away, or ended a call that came while it shut
// down, which is CANCELLED where nobody here has cancelled.
bool IsForAnother(const absl::Status& status) {
  return status.code() == absl::StatusCode::kUnavailable ||
         status.code() == absl::StatusCode::kCancelled;
}

// What a CancelHandle does during one call: ends the attempt that is under way, and all to come.
class Cancelling {
 public:
  explicit Cancelling(CancelHandle* handle) : handle_(handle) {
    if (handle_ == nullptr) return;
    handle_->cancel = [this] {
      requested_ = true;
      if (attempt_ != nullptr) attempt_->Cancel();
    };
  }
  ~Cancelling() {
    if (handle_ != nullptr) handle_->cancel = nullptr;
  }
  Cancelling(const Cancelling&) = delete;
  Cancelling& operator=(const Cancelling&) = delete;

  void set_attempt(http2::UnaryCall* attempt) { attempt_ = attempt; }
  [[nodiscard]] bool requested() const { return requested_; }

 private:
  CancelHandle* const handle_;
  http2::UnaryCall* attempt_ = nullptr;
  bool requested_ = false;
};

class Http2Upstream final : public Upstream {
 public:
  Http2Upstream(base::Reactors& reactors, const base::HostPort& target) {
    for (size_t i = 0; i < reactors.size(); ++i) {
      http2::PoolOptions options;
      options.target = target;
      pools_.push_back({&reactors[i], std::make_shared<http2::EndpointPool>(
                                          reactors[i].get_executor(), options)});
      pools_.back().pool->Start();
    }
  }
  ~Http2Upstream() override {
    for (const Shard& shard : pools_) shard.pool->Close();
  }

  asio::awaitable<UnaryResult> Unary(const OutgoingCall& call, const Message& request,
                                     Message* response, CancelHandle* cancel) override {
    const asio::any_io_executor executor = co_await asio::this_coro::executor;
    http2::EndpointPool& pool = PoolOf(executor);
    Cancelling cancelling(cancel);
    pool.retries().OnCall();
    for (int attempt = 1;; ++attempt) {
      std::shared_ptr<http2::Connection> connection = pool.Pick();
      if (!connection) {
        auto waited = co_await pool.Wait(call.deadline);
        if (!waited.ok() && !cancelling.requested()) co_return UnaryResult{waited.status(), {}};
        if (waited.ok()) connection = std::move(*waited);
      }
      if (cancelling.requested()) {
        co_return UnaryResult{
            base::MakeStatus(absl::StatusCode::kCancelled, "the client went away"), {}};
      }
      http2::UnaryCall attempted(std::move(connection), executor, response);
      cancelling.set_attempt(&attempted);
      http2::CallEnd end = co_await attempted.Run({pool.authority(), call}, request);
      cancelling.set_attempt(nullptr);
      const bool again =
          attempt < kAttempts && !call.deadline.Expired() && !cancelling.requested() &&
          (end.unprocessed ||
           (call.idempotent && IsForAnother(end.status) && pool.retries().TryWithdraw()));
      if (!again) co_return UnaryResult{std::move(end.status), attempted.TakeMetadata()};
      response->Clear();
      if (end.unprocessed) continue;
      asio::steady_timer pause(executor);
      pause.expires_after(base::FullJitter(kRetryBackoff, attempt - 1, base::RandomBits()));
      boost::system::error_code ignored;
      co_await pause.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    }
  }

  std::unique_ptr<UpstreamStream> ServerStreaming(const OutgoingCall& call, const Message& request,
                                                  std::unique_ptr<Message> message,
                                                  asio::any_io_executor executor) override {
    http2::EndpointPool& pool = PoolOf(executor);
    return http2::MakeStream(pool.shared_from_this(), std::move(executor), call, request,
                             std::move(message));
  }

  bool Connected() override {
    for (const Shard& shard : pools_) {
      if (!shard.pool->ready()) return false;
    }
    return true;
  }

 private:
  struct Shard {
    asio::io_context* reactor;
    std::shared_ptr<http2::EndpointPool> pool;
  };

  http2::EndpointPool& PoolOf(const asio::any_io_executor& executor) {
    const asio::execution_context* context = &asio::query(executor, asio::execution::context);
    for (const Shard& shard : pools_) {
      if (shard.reactor == context) return *shard.pool;
    }
    std::abort();  // not one of our reactors: against the contract
  }

  std::vector<Shard> pools_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<Upstream>> MakeHttp2Upstream(base::Reactors& reactors,
                                                            const std::string& target) {
  constexpr std::string_view kDns = "dns:///";
  std::string_view name = target;
  if (name.starts_with(kDns)) name.remove_prefix(kDns.size());
  const absl::StatusOr<base::HostPort> address = base::SplitAddress(name);
  const size_t colon = name.rfind(':');
  if (!address.ok() || colon == 0 || colon == name.npos || address->port == 0 ||
      name.find('/') != name.npos) {
    return base::MakeStatus(absl::StatusCode::kInvalidArgument,
                            "'" + target + "' is not host:port or dns:///host:port");
  }
  return std::make_unique<Http2Upstream>(reactors, *address);
}

}  // namespace trellis::gateway
