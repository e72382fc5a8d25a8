#include "mesh/amqp/connection.h"

#include <boost/asio/async_result.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "mesh/amqp/impl/loop.h"

namespace trellis::amqp {

namespace asio = boost::asio;
using base::Deadline;

class Connection::Impl {
 public:
  explicit Impl(ConnectionOptions options) : loop_(std::move(options)) {}
  [[nodiscard]] Loop& loop() { return loop_; }

  void Settle(const Delivery& delivery, Verdict verdict) {
    loop_.handover().Settle({delivery.connection, delivery.tag, verdict});
  }

  void Wait(Caller<Mailbox::Result> caller, Deadline deadline) {
    Answers<Mailbox::Result> answers;
    if (loop_.mailbox().Wait(std::move(caller), deadline, &answers)) {
      loop_.handover().WakeBefore(deadline.time());
    }
  }

 private:
  Loop loop_;
};

Connection::Connection(ConnectionOptions options)
    : impl_(std::make_shared<Impl>(std::move(options))) {}

Connection::~Connection() { impl_->loop().Stop(); }

void Connection::set_on_change(std::function<void(const ConnectionState&)> on_change) {
  impl_->loop().set_on_change(std::move(on_change));
}

void Connection::Start() { impl_->loop().handover().Start(); }

void Connection::StopConsuming() { impl_->loop().handover().StopConsuming(); }

void Connection::Flush(Deadline deadline) { impl_->loop().Flush(deadline); }

asio::awaitable<absl::Status> Connection::Publish(Message message, Deadline deadline) {
  if (deadline.Expired()) {
    co_return base::MakeStatus(absl::StatusCode::kDeadlineExceeded,
                               "the deadline had passed before the message was published");
  }
  absl::Status status = CheckMessage(message);
  if (status.ok()) status = impl_->loop().Admit();
  if (!status.ok()) co_return status;
  co_return co_await asio::async_initiate<const asio::use_awaitable_t<>&, void(absl::Status)>(
      [this](auto handler, Message published, Deadline until) {
        impl_->loop().handover().Publish(
            {std::move(published), until, Caller<absl::Status>::Of(std::move(handler))});
      },
      asio::use_awaitable, std::move(message), deadline);
}

asio::awaitable<absl::StatusOr<Delivery>> Connection::Next(Deadline deadline) {
  std::optional<Mailbox::Result> here = impl_->loop().mailbox().TryTake();
  if (here) co_return std::move(*here);
  co_return co_await asio::async_initiate<const asio::use_awaitable_t<>&, void(Mailbox::Result)>(
      [this](auto handler, Deadline until) {
        impl_->Wait(Caller<Mailbox::Result>::Of(std::move(handler)), until);
      },
      asio::use_awaitable, deadline);
}

std::optional<Delivery> Connection::TryNext() {
  std::optional<Mailbox::Result> here = impl_->loop().mailbox().TryTake();
  if (!here || !here->ok()) return std::nullopt;
  return *std::move(*here);
}

asio::awaitable<absl::StatusOr<std::optional<Got>>> Connection::Get(std::string queue,
                                                                    Deadline deadline) {
  co_return co_await asio::async_initiate<const asio::use_awaitable_t<>&, void(Gets::Result)>(
      [this](auto handler, std::string name, Deadline until) {
        impl_->loop().handover().Get(
            {std::move(name), until, Caller<Gets::Result>::Of(std::move(handler))});
      },
      asio::use_awaitable, std::move(queue), deadline);
}

void Connection::Ack(const Delivery& delivery) { impl_->Settle(delivery, Verdict::kAck); }
void Connection::Requeue(const Delivery& delivery) { impl_->Settle(delivery, Verdict::kRequeue); }
void Connection::Reject(const Delivery& delivery) { impl_->Settle(delivery, Verdict::kReject); }

ConnectionState Connection::state() const { return impl_->loop().state(); }

}  // namespace trellis::amqp
