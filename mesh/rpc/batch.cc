#include "mesh/rpc/batch.h"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace trellis::rpc::internal {

namespace asio = boost::asio;

absl::Status CheckBatch(const CallContext& context, int requests, int traceparents) {
  if (requests < 1 || requests > kMaxBatch) {
    return base::InvalidField("requests", "must be 1 to " + std::to_string(kMaxBatch));
  }
  if (traceparents != 0 && traceparents != requests) {
    return base::InvalidField("traceparents", "must be none or one for each request");
  }
  if (!context.idempotency_key.empty()) {
    return base::InvalidField("idempotency-key", "is for one request: leave it out of a batch");
  }
  return absl::OkStatus();
}

asio::awaitable<void> Countdown::Wait() {
  // A cancelled call must not unwind what others refer to.
  co_await asio::this_coro::throw_if_cancelled(false);
  boost::system::error_code ignored;
  while (left_ > 0) co_await timer_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
}

}  // namespace trellis::rpc::internal
