#include "services/order/dead_messages.h"

#include <deque>

#include "mesh/base/failpoint.h"
#include "services/order/topology.h"

namespace trellis::order {

using base::Deadline;
using base::milliseconds;

namespace {

constexpr size_t kBodyStart = 200;
// Of the bodies that a replay holds at a time.
constexpr size_t kMaxBytes = 16 << 20;
// Below it no further message is begun: an answer is worth more.
constexpr milliseconds kNearTheEnd{500};

std::string QueueOf(DeadQueue queue) {
  return queue == DeadQueue::kOrders ? kOrdersQueue : kNotifierQueue;
}
std::string DeadQueueOf(DeadQueue queue) {
  return queue == DeadQueue::kOrders ? kOrdersDeadQueue : kNotifierDeadQueue;
}

// Messages in hand; those that were not acked go back in their order, whatever ends the coroutine.
class Held {
 public:
  explicit Held(amqp::Getter& getter) : getter_(getter) {}
  ~Held() {
    for (const amqp::Delivery& delivery : deliveries_) getter_.Requeue(delivery);
  }
  Held(const Held&) = delete;
  Held& operator=(const Held&) = delete;

  void Add(amqp::Delivery delivery) { deliveries_.push_back(std::move(delivery)); }
  [[nodiscard]] bool empty() const { return deliveries_.empty(); }
  [[nodiscard]] size_t size() const { return deliveries_.size(); }
  [[nodiscard]] const amqp::Delivery& front() const { return deliveries_.front(); }
  void AckFront() {
    getter_.Ack(deliveries_.front());
    deliveries_.pop_front();
  }

 private:
  amqp::Getter& getter_;
  std::deque<amqp::Delivery> deliveries_;
};

DeadMessage Describe(const amqp::Delivery& delivery) {
  DeadMessage message;
  message.id = delivery.message.message_id;
  message.body_start = delivery.message.body.substr(0, kBodyStart);
  message.body_size = delivery.message.body.size();
  if (delivery.death) {
    message.reason = delivery.death->reason;
    message.deaths = delivery.death->count;
    message.died_at = delivery.death->time;
  }
  return message;
}

// The message as its queue had it the first time.
amqp::Message CopyFor(const std::string& queue, const amqp::Message& dead) {
  amqp::Message message = dead;
  message.exchange = "";  // the default exchange, whose routing keys are queue names
  message.routing_key = queue;
  std::erase_if(message.headers, [](const auto& header) {
    return header.first == kAttemptHeader || header.first.starts_with("x-first-death-") ||
           header.first.starts_with("x-last-death-");
  });
  return message;
}

bool NearTheEnd(Deadline deadline) { return deadline.Remaining() < kNearTheEnd; }

}  // namespace

Async<DeadPage> DeadMessages::List(DeadQueue queue, int limit, Deadline deadline) {
  const std::string name = DeadQueueOf(queue);
  DeadPage page;
  Held held(getter_);
  for (int i = 0; i < limit; ++i) {
    absl::StatusOr<std::optional<amqp::Got>> got = co_await getter_.Get(name, deadline);
    if (!got.ok()) co_return got.status();
    if (!*got) {
      page.left = 0;
      break;
    }
    page.left = (*got)->left;
    page.messages.push_back(Describe((*got)->delivery));
    (*got)->delivery.message = {};
    held.Add(std::move((*got)->delivery));
  }
  co_return page;
}

Async<Replay> DeadMessages::Bring(DeadQueue queue, int limit, Deadline deadline) {
  const std::string name = DeadQueueOf(queue);
  Replay replay;
  Held held(getter_);
  size_t bytes = 0;
  // All are in hand before the first goes back, so that none that dies again is taken twice.
  for (int i = 0; i < limit && bytes < kMaxBytes && !NearTheEnd(deadline); ++i) {
    absl::StatusOr<std::optional<amqp::Got>> got = co_await getter_.Get(name, deadline);
    if (!got.ok()) co_return got.status();
    replay.left = *got ? (*got)->left : 0;
    if (!*got) break;
    bytes += (*got)->delivery.message.body.size();
    held.Add(std::move((*got)->delivery));
  }
  while (!held.empty() && !NearTheEnd(deadline)) {
    amqp::Message message = CopyFor(QueueOf(queue), held.front().message);
    const absl::Status published = co_await publisher_.Publish(std::move(message), deadline);
    if (!published.ok()) {
      co_return base::MakeStatus(published.code(), base::MessageOf(published) + "; " +
                                                       std::to_string(replay.replayed) + " of " +
                                                       name + " were brought back before");
    }
    base::HitFailpoint("order.after-replay-before-ack");
    held.AckFront();
    ++replay.replayed;
  }
  replay.left += static_cast<int64_t>(held.size());
  co_return replay;
}

}  // namespace trellis::order
