#include "mesh/nats/connection.h"

#include <boost/asio/this_coro.hpp>

#include "mesh/nats/impl/loop.h"

namespace trellis::nats {

namespace asio = boost::asio;
using base::Deadline;

class Connection::Impl {
 public:
  explicit Impl(ConnectionOptions options) : loop(std::move(options)) {}
  Loop loop;
};

Connection::Connection(ConnectionOptions options)
    : impl_(std::make_unique<Impl>(std::move(options))) {}

Connection::~Connection() = default;

void Connection::set_on_change(std::function<void(const ConnectionState&)> on_change) {
  impl_->loop.set_on_change(std::move(on_change));
}

void Connection::Start() { impl_->loop.Start(); }

void Connection::StopConsuming() { impl_->loop.StopConsuming(); }

void Connection::Flush(Deadline deadline) { impl_->loop.Flush(deadline); }

asio::awaitable<std::vector<absl::Status>> Connection::Publish(std::vector<Message> messages,
                                                               Deadline deadline) {
  const absl::Status late =
      base::MakeStatus(absl::StatusCode::kDeadlineExceeded, "nats: no confirm within the deadline");
  if (messages.empty() || deadline.Expired()) co_return std::vector(messages.size(), late);
  const asio::any_io_executor executor = co_await asio::this_coro::executor;
  const auto waiter = std::make_shared<Waiter>(executor);
  const auto batch = std::make_shared<Batch>(
      std::move(messages), [waker = Waker(executor, waiter)](const Batch&) { waker.Wake(); });
  // Also when this is destroyed where it waits.
  struct Guard {
    ~Guard() {
      if (!waiter.set()) publishes.Abandon(batch, status);
    }
    Publishes& publishes;
    const BatchPtr batch;
    const Waiter& waiter;
    const absl::Status status;
  };
  {
    const Guard guard{impl_->loop.publishes(), batch, *waiter, late};
    impl_->loop.Publish(batch);
    co_await waiter->Wait(deadline);
  }
  co_return std::move(batch->statuses);
}

asio::awaitable<absl::StatusOr<std::vector<Delivery>>> Connection::Next(int max,
                                                                        Deadline deadline) {
  Deliveries& deliveries = impl_->loop.deliveries();
  const asio::any_io_executor executor = co_await asio::this_coro::executor;
  for (;;) {
    const auto waiter = std::make_shared<Waiter>(executor);
    const Waker waker(executor, waiter);
    std::optional<Deliveries::Result> result =
        deliveries.TakeOrWait(max, deadline.Expired() ? nullptr : &waker);
    if (result) co_return *std::move(result);
    if (deadline.Expired()) break;
    struct Guard {
      ~Guard() { deliveries.Leave(waker); }
      Deliveries& deliveries;
      const Waker& waker;
    };
    const Guard guard{deliveries, waker};
    co_await waiter->Wait(deadline);
    if (!waiter->set() && !deadline.Expired()) {
      co_return base::MakeStatus(absl::StatusCode::kCancelled, "nats: the call was cancelled");
    }
  }
  co_return base::MakeStatus(absl::StatusCode::kDeadlineExceeded,
                             "nats: no message within the deadline");
}

void Connection::Ack(const std::vector<Delivery>& deliveries) {
  std::vector<Settlement> settlements;
  settlements.reserve(deliveries.size());
  for (const Delivery& delivery : deliveries) {
    settlements.push_back({delivery.session, delivery.tag, Verdict::kAck, {}});
  }
  impl_->loop.Settle(std::move(settlements));
}

void Connection::Retry(const Delivery& delivery, base::milliseconds delay) {
  impl_->loop.Settle({{delivery.session, delivery.tag, Verdict::kRetry, delay}});
}

void Connection::Bury(const Delivery& delivery) { impl_->loop.Bury(delivery); }

ConnectionState Connection::state() const { return impl_->loop.state(); }

}  // namespace trellis::nats
