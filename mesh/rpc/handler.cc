#include "mesh/rpc/handler.h"

#include <boost/system/system_error.hpp>

#include "mesh/telemetry/log.h"

namespace trellis::rpc::internal {
namespace {

std::string_view Find(const grpc::CallbackServerContext& context, const char* key) {
  const auto& metadata = context.client_metadata();
  const auto found = metadata.find(key);
  if (found == metadata.end()) return {};
  return {found->second.data(), found->second.size()};
}

base::Deadline DeadlineOf(const grpc::CallbackServerContext& context) {
  const auto deadline = context.deadline();
  if (deadline == std::chrono::system_clock::time_point::max()) return base::Deadline::Infinite();
  const auto left = deadline - std::chrono::system_clock::now();
  return base::Deadline::After(std::chrono::duration_cast<base::milliseconds>(left));
}

}  // namespace

CallContext MakeCallContext(const grpc::CallbackServerContext& context, const Runtime& runtime,
                            bool bounded) {
  CallContext call;
  call.deadline = DeadlineOf(context);
  if (bounded) {
    call.deadline =
        base::Deadline::Min(call.deadline, base::Deadline::After(runtime.options().max_deadline));
  }
  call.trace = telemetry::TraceContext::ChildOf(Find(context, "traceparent"));
  call.request_id = Find(context, "x-request-id");
  if (call.request_id.empty()) call.request_id = call.trace.trace_id;
  call.idempotency_key = Find(context, "idempotency-key");
  return call;
}

absl::Status TooManyInFlight() {
  return base::MakeStatus(absl::StatusCode::kResourceExhausted,
                          "the server handles as many calls as it may");
}

absl::Status StatusFromException(const std::exception_ptr& exception) {
  try {
    std::rethrow_exception(exception);
  } catch (const boost::system::system_error& error) {
    if (error.code() == boost::asio::error::operation_aborted) {
      return base::MakeStatus(absl::StatusCode::kCancelled, "the call was cancelled");
    }
    telemetry::Log(telemetry::Level::kError, "handler threw", {{"error", error.what()}});
  } catch (const std::exception& error) {
    telemetry::Log(telemetry::Level::kError, "handler threw", {{"error", error.what()}});
  } catch (...) {
    telemetry::Log(telemetry::Level::kError, "handler threw", {{"error", "no std::exception"}});
  }
  return base::MakeStatus(absl::StatusCode::kInternal, "internal error");
}

CallBase::CallBase(Runtime& runtime, MethodRecorder& recorder,
                   const grpc::CallbackServerContext& context, bool bounded)
    : runtime_(runtime), context_(MakeCallContext(context, runtime, bounded)), recorder_(recorder) {
  context_.reactor = runtime.PickReactor();
}

absl::Status CallBase::Enter() {
  if (context_.deadline.Expired()) {
    return base::MakeStatus(absl::StatusCode::kDeadlineExceeded,
                            "the deadline had passed when the call arrived");
  }
  entered_ = runtime_.TryEnter();
  if (entered_) return absl::OkStatus();
  return TooManyInFlight();
}

void CallBase::Cancel() {
  boost::asio::post(io(), [cancellation = cancellation_] {
    if (cancellation->ended) return;
    cancellation->signal.emit(boost::asio::cancellation_type::terminal);
  });
}

void CallBase::Record(const absl::Status& status) {
  if (entered_) runtime_.Leave();
  recorder_.Record(status.code(), base::MessageOf(status), context_.request_id, start_);
}

}  // namespace trellis::rpc::internal
