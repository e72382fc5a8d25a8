#ifndef SERVICES_ORDER_DEAD_MESSAGES_H_
#define SERVICES_ORDER_DEAD_MESSAGES_H_

#include <optional>
#include <string>
#include <vector>

#include "mesh/amqp/client.h"
#include "services/order/order.h"

namespace trellis::order {

enum class DeadQueue { kOrders, kNotifier };

struct DeadMessage {
  std::string id = {};
  std::string reason = {};  // empty: somebody put it there
  int64_t deaths = 0;
  std::optional<base::WallTime> died_at = {};
  std::string body_start = {};
  size_t body_size = 0;
};

struct DeadPage {
  std::vector<DeadMessage> messages = {};
  int64_t left = 0;  // further ones in the queue
};

struct Replay {
  int64_t replayed = 0;
  int64_t left = 0;  // that were dead before, and still are
};

// What lies on the dead-letter queues, and the way back. No message is lost: what is only looked at
// is requeued to its place, also when a look ends early, and what is brought back is acked after
// the broker has confirmed its copy. Stateless; thread-safe; references must outlive it.
class DeadMessages {
 public:
  DeadMessages(amqp::Getter& getter, amqp::Publisher& publisher)
      : getter_(getter), publisher_(publisher) {}

  // Up to `limit`, the oldest first.
  [[nodiscard]] Async<DeadPage> List(DeadQueue queue, int limit, base::Deadline deadline);
  // Back to the queue where they died, the oldest first, without the counts of their attempts. A
  // message that dies again while this runs is not taken again. Ends early, with OK, when the
  // deadline is near or much is in hand. An error says how many were brought back before.
  [[nodiscard]] Async<Replay> Bring(DeadQueue queue, int limit, base::Deadline deadline);

 private:
  amqp::Getter& getter_;
  amqp::Publisher& publisher_;
};

}  // namespace trellis::order

#endif  // SERVICES_ORDER_DEAD_MESSAGES_H_
