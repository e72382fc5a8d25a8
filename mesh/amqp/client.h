#ifndef MESH_AMQP_CLIENT_H_
#define MESH_AMQP_CLIENT_H_

#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "mesh/base/clock.h"
#include "mesh/base/deadline.h"
#include "mesh/base/status.h"

namespace trellis::amqp {

// A message; published ones are always persistent.
struct Message {
  std::string exchange;
  std::string routing_key;
  std::string message_id;  // the same for every copy of the same event
  std::string content_type = "application/json";
  std::map<std::string, std::string> headers = {};  // x-request-id, traceparent, ...
  std::string body;
};

// Thread-safe; callers suspend and resume on their executor.
class Publisher {
 public:
  virtual ~Publisher() = default;
  // Publishes with `mandatory` and waits for the broker's confirm.
  //   OK                  the broker has it: on a quorum queue, on the disks of a majority
  //   NOT_FOUND           it came back: no queue is bound for its routing key
  //   UNAVAILABLE         no connection, it broke, or the broker refused (nack): it may or may not
  //                       be there; publish again with the same message_id
  //   DEADLINE_EXCEEDED   no confirm in time: likewise
  //   RESOURCE_EXHAUSTED  too many are unconfirmed: not published
  //   INVALID_ARGUMENT    AMQP cannot carry it: names of more than 255 bytes (a header's: 128), or
  //                       64 KiB of headers
  [[nodiscard]] virtual boost::asio::awaitable<absl::Status> Publish(Message message,
                                                                     base::Deadline deadline) = 0;
};

// Why a message was dead-lettered the last time, and how often for that: the first entry of
// x-death.
struct Death {
  std::string queue;
  std::string reason;  // rejected, delivery_limit, expired, maxlen
  int64_t count = 0;
  base::WallTime time = {};
};

// A message in the hands of a consumer, until it is acked or the connection is lost.
struct Delivery {
  Message message;
  uint64_t connection = 0;  // which connection it came by: an ack for an older one does nothing
  uint64_t tag = 0;
  // How often it was delivered before (x-delivery-count of quorum queues).
  int64_t delivery_count = 0;
  std::optional<Death> death = {};
};

// One queue, prefetch-limited, with manual acks: at least once. Thread-safe.
class Consumer {
 public:
  virtual ~Consumer() = default;
  // The next message; waits for connections and messages until the deadline: DEADLINE_EXCEEDED, or
  // CANCELLED once the consumer is stopping.
  [[nodiscard]] virtual boost::asio::awaitable<absl::StatusOr<Delivery>> Next(
      base::Deadline deadline) = 0;
  // Done with it. Never fails: a delivery whose connection is gone comes again anyhow.
  virtual void Ack(const Delivery& delivery) = 0;
  // Gives it back for another attempt; counts against the queue's delivery limit.
  virtual void Requeue(const Delivery& delivery) = 0;
  // To the queue's dead-letter exchange.
  virtual void Reject(const Delivery& delivery) = 0;
};

// A message taken off a queue by itself.
struct Got {
  Delivery delivery;
  int64_t left = 0;  // ready in the queue behind it
};

// Single messages off any queue (basic.get), for who looks into one now and then: a round trip for
// each, so not a way to consume. What was got and is neither acked nor requeued goes back to its
// queue when the connection ends. A quorum queue gives out what was requeued before all others, in
// the order of the requeues: who requeues in the order of Get leaves the queue as it was, but for
// the delivery count. Thread-safe.
class Getter {
 public:
  virtual ~Getter() = default;
  // Nothing: the queue has no message that is ready. UNAVAILABLE: no connection, it broke, or there
  // is no such queue (which costs the connection); DEADLINE_EXCEEDED: no answer in time, and a
  // message that comes later is requeued.
  [[nodiscard]] virtual boost::asio::awaitable<absl::StatusOr<std::optional<Got>>> Get(
      std::string queue, base::Deadline deadline) = 0;
  // As a Consumer's.
  virtual void Ack(const Delivery& delivery) = 0;
  virtual void Requeue(const Delivery& delivery) = 0;
};

}  // namespace trellis::amqp

#endif  // MESH_AMQP_CLIENT_H_
