#ifndef MESH_RPC_BATCH_H_
#define MESH_RPC_BATCH_H_

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/steady_timer.hpp>
#include <exception>

#include "google/rpc/status.pb.h"
#include "mesh/rpc/handler.h"
#include "mesh/rpc/status_message.h"

namespace trellis::rpc {

inline constexpr int kMaxBatch = 1000;

namespace internal {

// INVALID_ARGUMENT that names the field.
absl::Status CheckBatch(const CallContext& context, int requests, int traceparents);

// Lets one coroutine wait for several. Belongs to one reactor.
class Countdown {
 public:
  Countdown(const boost::asio::any_io_executor& executor, int left)
      : left_(left), timer_(executor, base::SteadyTime::max()) {}
  void Done() {
    if (--left_ == 0) timer_.cancel();
  }
  // Also when the call is cancelled meanwhile.
  boost::asio::awaitable<void> Wait();

 private:
  int left_;
  boost::asio::steady_timer timer_;
};

// One call of a batch, with all that a call of its own has: a place among those in flight, a record
// and a log line.
template <typename Response, typename Request, typename Handler>
boost::asio::awaitable<absl::StatusOr<Response>> HandleOne(Runtime& runtime,
                                                           MethodRecorder& recorder,
                                                           CallContext context,
                                                           const Request& request,
                                                           const Handler& handler) {
  const base::SteadyTime start = std::chrono::steady_clock::now();
  absl::StatusOr<Response> result = TooManyInFlight();
  if (runtime.TryEnter()) {
    try {
      result = co_await handler(context, request);
    } catch (...) {
      result = StatusFromException(std::current_exception());
    }
    runtime.Leave();
  }
  recorder.Record(result.status().code(), base::MessageOf(result.status()), context.request_id,
                  start);
  co_return result;
}

}  // namespace internal

// Serves a method that takes many calls of another one in a call (batch_method in
// trellis/http/v1/options.proto has the messages' form): the handler of the other is called for
// each request as if it had come alone, for all at the same time, on the call's reactor. `recorder`
// is the other's. Whatever becomes of the call, each handler runs to its end; the context's
// deadline bounds it.
//
// INVALID_ARGUMENT: no requests or more than kMaxBatch, trace contexts for some of them, or an
// idempotency key, which is for one request.
template <typename BatchResponse, typename BatchRequest, typename Handler>
boost::asio::awaitable<absl::StatusOr<BatchResponse>> HandleBatch(Runtime& runtime,
                                                                  MethodRecorder& recorder,
                                                                  CallContext context,
                                                                  const BatchRequest& batch,
                                                                  Handler handler) {
  using Request = typename std::decay_t<decltype(batch.requests())>::value_type;
  using Response = std::decay_t<decltype(BatchResponse().results(0).response())>;
  const int count = batch.requests_size();
  absl::Status checked = internal::CheckBatch(context, count, batch.traceparents_size());
  if (!checked.ok()) co_return checked;
  const boost::asio::any_io_executor executor = co_await boost::asio::this_coro::executor;
  BatchResponse response;
  response.mutable_results()->Reserve(count);
  for (int i = 0; i < count; ++i) response.add_results();
  internal::Countdown countdown(executor, count);
  for (int i = 0; i < count; ++i) {
    CallContext one = context;
    if (batch.traceparents_size() > 0) {
      one.trace = telemetry::TraceContext::ChildOf(batch.traceparents(i));
      one.request_id = one.trace.trace_id;
    }
    boost::asio::co_spawn(
        executor,
        internal::HandleOne<Response, Request, Handler>(runtime, recorder, std::move(one),
                                                        batch.requests(i), handler),
        [&response, &countdown, i](const std::exception_ptr& /*HandleOne throws none*/,
                                   absl::StatusOr<Response> result) {
          auto& slot = *response.mutable_results(i);
          if (result.ok()) {
            *slot.mutable_response() = std::move(*result);
          } else {
            *slot.mutable_error() = ToMessage(result.status());
          }
          countdown.Done();
        });
  }
  co_await countdown.Wait();
  co_return response;
}

}  // namespace trellis::rpc

#endif  // MESH_RPC_BATCH_H_
