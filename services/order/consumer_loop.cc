#include "services/order/consumer_loop.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include "mesh/base/backoff.h"
#include "mesh/base/ids.h"
#include "mesh/base/sleep.h"
#include "mesh/telemetry/log.h"
#include "services/order/topology.h"

namespace trellis::order {

namespace asio = boost::asio;
using base::Deadline;
using base::milliseconds;

namespace {

constexpr milliseconds kAwaitMessage{1000};
constexpr milliseconds kPublishTimeout{5000};
constexpr base::BackoffPolicy kAwayPause{milliseconds(20), milliseconds(1000)};

telemetry::Counter& Messages(telemetry::Metrics& metrics, const std::string& queue,
                             const char* outcome) {
  return metrics.AddCounter("trellis_consumer_messages_total",
                            "Messages consumed, by what became of them.",
                            {{"queue", queue}, {"outcome", outcome}});
}

bool MayPass(const absl::Status& status) {
  return absl::IsUnavailable(status) || absl::IsDeadlineExceeded(status) ||
         absl::IsUnknown(status) || absl::IsResourceExhausted(status) || absl::IsAborted(status);
}

int AttemptOf(const amqp::Message& message) {
  const auto found = message.headers.find(kAttemptHeader);
  return found == message.headers.end() ? 0 : std::atoi(found->second.c_str());
}

}  // namespace

ConsumerLoop::ConsumerLoop(asio::any_io_executor executor, amqp::Consumer& consumer,
                           amqp::Publisher& publisher, Handler handler, telemetry::Metrics& metrics,
                           ConsumerOptions options)
    : executor_(std::move(executor)),
      consumer_(consumer),
      publisher_(publisher),
      handler_(std::move(handler)),
      options_(std::move(options)),
      done_(Messages(metrics, options_.queue, "done")),
      redelivered_(Messages(metrics, options_.queue, "redelivered")),
      retried_(Messages(metrics, options_.queue, "retried")),
      dead_(Messages(metrics, options_.queue, "dead")),
      waits_(Messages(metrics, options_.queue, "waited_for_dependency")),
      took_(metrics.AddLatency("trellis_consumer_message_seconds",
                               "From a message to what becomes of it, waits included.",
                               {{"queue", options_.queue}})) {}

void ConsumerLoop::Start() {
  lanes_ = options_.concurrency;
  for (int i = 0; i < options_.concurrency; ++i) asio::co_spawn(executor_, Lane(), asio::detached);
}

asio::awaitable<void> ConsumerLoop::Lane() {
  while (!gave_up_) {
    absl::StatusOr<amqp::Delivery> delivery =
        co_await consumer_.Next(Deadline::After(kAwaitMessage));
    if (!delivery.ok()) {
      if (stopping_) break;
      continue;
    }
    if (delivery->delivery_count == 0) {
      co_await Finish(std::move(*delivery));
      continue;
    }
    redelivered_.Increment();
    suspects_.push_back(std::move(*delivery));
    if (!suspect_runs_) co_await FinishSuspects();
  }
  --lanes_;
}

asio::awaitable<void> ConsumerLoop::Finish(amqp::Delivery delivery) {
  absl::Status status = co_await Run(delivery);
  if (!gave_up_) co_await Settle(delivery, std::move(status));
}

asio::awaitable<void> ConsumerLoop::FinishSuspects() {
  suspect_runs_ = true;
  while (!suspects_.empty() && !gave_up_) {
    std::swap(suspects_[base::RandomBits() % suspects_.size()], suspects_.back());
    amqp::Delivery suspect = std::move(suspects_.back());
    suspects_.pop_back();
    co_await Finish(std::move(suspect));
  }
  suspect_runs_ = false;
}

asio::awaitable<absl::Status> ConsumerLoop::Run(const amqp::Delivery& delivery) {
  const auto start = std::chrono::steady_clock::now();
  for (int attempt = 0;; ++attempt) {
    absl::Status status;
    try {
      status = co_await handler_(delivery.message);
    } catch (const std::exception& error) {
      // Else the lane would end here, and with a suspect all suspects.
      status = base::MakeStatus(absl::StatusCode::kInternal,
                                std::string("the handler threw: ") + error.what());
    }
    if (!MayPass(status) || gave_up_) {
      took_.Observe(
          std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
      co_return status;
    }
    waits_.Increment();
    if (attempt == 5) {
      telemetry::Log(telemetry::Level::kWarn, "a message waits for what it needs",
                     {{"queue", options_.queue}, {"error", base::MessageOf(status)}});
    }
    co_await base::Sleep(base::FullJitter(kAwayPause, attempt, base::RandomBits()));
  }
}

asio::awaitable<void> ConsumerLoop::Settle(const amqp::Delivery& delivery, absl::Status status) {
  if (status.ok()) {
    done_.Increment();
    consumer_.Ack(delivery);
    co_return;
  }
  const int attempt = AttemptOf(delivery.message) + 1;
  const bool hopeless = absl::IsInvalidArgument(status) || attempt >= options_.max_attempts;
  telemetry::Log(telemetry::Level::kError, hopeless ? "message is dead" : "message failed",
                 {{"queue", options_.queue},
                  {"message_id", delivery.message.message_id},
                  {"attempt", attempt},
                  {"error", base::MessageOf(status)}});
  if (hopeless) {
    dead_.Increment();
    consumer_.Reject(delivery);
    co_return;
  }
  const bool postponed = co_await Postpone(delivery, attempt);
  if (!postponed) co_return;
  retried_.Increment();
  consumer_.Ack(delivery);
}

asio::awaitable<bool> ConsumerLoop::Postpone(const amqp::Delivery& delivery, int attempt) {
  while (!gave_up_) {
    amqp::Message copy = delivery.message;
    copy.exchange = kRetryExchange;
    copy.routing_key = options_.queue;
    copy.headers[kAttemptHeader] = std::to_string(attempt);
    const absl::Status status =
        co_await publisher_.Publish(std::move(copy), Deadline::After(kPublishTimeout));
    if (status.ok()) co_return true;
    co_await base::Sleep(kAwayPause.cap);
  }
  co_return false;
}

asio::awaitable<bool> ConsumerLoop::Stop(Deadline deadline) {
  stopping_ = true;
  while (lanes_ > 0 && !deadline.Expired()) co_await base::Sleep(milliseconds(10));
  gave_up_ = true;
  // Those that wait for something notice within their backoff; leave them this much.
  const Deadline grace = Deadline::After(kAwayPause.cap * 2);
  while (lanes_ > 0 && !grace.Expired()) co_await base::Sleep(milliseconds(10));
  co_return lanes_ == 0;
}

}  // namespace trellis::order
