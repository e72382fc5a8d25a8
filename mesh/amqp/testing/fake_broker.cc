#include "mesh/amqp/testing/fake_broker.h"

#include <boost/asio/async_result.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace trellis::amqp::testing {

namespace asio = boost::asio;
using Result = Mailbox::Result;

asio::awaitable<absl::Status> FakeBroker::Publish(Message message, base::Deadline deadline) {
  if (deadline.Expired()) {
    co_return base::MakeStatus(absl::StatusCode::kDeadlineExceeded, "the deadline had passed");
  }
  Answer answer;
  {
    const std::lock_guard lock(mutex_);
    published_.push_back(message);
    answer = answer_;
  }
  co_return answer ? answer(message) : absl::OkStatus();
}

asio::awaitable<absl::StatusOr<Delivery>> FakeBroker::Next(base::Deadline deadline) {
  const asio::any_io_executor executor = co_await asio::this_coro::executor;
  asio::steady_timer timer(executor, deadline.time());
  timer.async_wait([this](boost::system::error_code cancelled) {
    if (cancelled) return;
    Answers<Result> answers;
    (void)mailbox_.Expire(std::chrono::steady_clock::now(), &answers);
  });
  co_return co_await asio::async_initiate<const asio::use_awaitable_t<>&, void(Result)>(
      [this](auto handler, base::Deadline until) {
        Answers<Result> answers;
        (void)mailbox_.Wait(Caller<Result>::Of(std::move(handler)), until, &answers);
      },
      asio::use_awaitable, deadline);
}

void FakeBroker::Record(const Delivery& delivery, std::vector<uint64_t>* tags) {
  const std::lock_guard lock(mutex_);
  tags->push_back(delivery.tag);
}

asio::awaitable<absl::StatusOr<std::optional<Got>>> FakeBroker::Get(std::string queue,
                                                                    base::Deadline /*deadline*/) {
  const std::lock_guard lock(mutex_);
  std::map<uint64_t, Delivery>& ready = queues_[queue];
  if (ready.empty()) co_return std::nullopt;
  const auto first = ready.begin();
  Got got{first->second, static_cast<int64_t>(ready.size()) - 1};
  got_[first->first] = {queue, first->second};
  ready.erase(first);
  co_return got;
}

void FakeBroker::Ack(const Delivery& delivery) {
  Record(delivery, &acked_);
  const std::lock_guard lock(mutex_);
  got_.erase(delivery.tag);
}

void FakeBroker::Requeue(const Delivery& delivery) {
  Record(delivery, &requeued_);
  const std::lock_guard lock(mutex_);
  const auto found = got_.find(delivery.tag);
  if (found == got_.end()) return;
  auto& [queue, message] = found->second;
  ++message.delivery_count;
  queues_[queue][delivery.tag] = std::move(message);
  got_.erase(found);
}

void FakeBroker::Reject(const Delivery& delivery) { Record(delivery, &rejected_); }

void FakeBroker::set_answer(Answer answer) {
  const std::lock_guard lock(mutex_);
  answer_ = std::move(answer);
}

uint64_t FakeBroker::Deliver(Message message, int64_t delivery_count) {
  std::vector<Delivery> deliveries(1);
  Delivery& delivery = deliveries.front();
  delivery.message = std::move(message);
  delivery.connection = 1;
  delivery.delivery_count = delivery_count;
  uint64_t tag = 0;
  {
    const std::lock_guard lock(mutex_);
    tag = delivery.tag = ++last_tag_;
  }
  Answers<Result> answers;
  mailbox_.Put(&deliveries, &answers);
  return tag;
}

uint64_t FakeBroker::Fill(const std::string& queue, Delivery delivery) {
  const std::lock_guard lock(mutex_);
  const uint64_t tag = delivery.tag = ++last_tag_;
  queues_[queue][tag] = std::move(delivery);
  return tag;
}

std::vector<std::string> FakeBroker::Bodies(const std::string& queue) const {
  const std::lock_guard lock(mutex_);
  std::vector<std::string> bodies;
  const auto found = queues_.find(queue);
  if (found == queues_.end()) return bodies;
  for (const auto& [tag, delivery] : found->second) bodies.push_back(delivery.message.body);
  return bodies;
}

void FakeBroker::StopConsuming() {
  Answers<Result> answers;
  mailbox_.Close(&answers);
}

std::vector<Message> FakeBroker::published() const { return Copy(published_); }
std::vector<uint64_t> FakeBroker::acked() const { return Copy(acked_); }
std::vector<uint64_t> FakeBroker::requeued() const { return Copy(requeued_); }
std::vector<uint64_t> FakeBroker::rejected() const { return Copy(rejected_); }

}  // namespace trellis::amqp::testing
