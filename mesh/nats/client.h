#ifndef MESH_NATS_CLIENT_H_
#define MESH_NATS_CLIENT_H_

#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <string>
#include <vector>

#include "mesh/base/deadline.h"
#include "mesh/base/status.h"

namespace trellis::nats {

// A message for a JetStream stream.
struct Message {
  std::string subject;
  std::string data;
  // When not empty: the stream keeps one message of this id within its duplicate window (2 min) and
  // confirms the others, too.
  std::string id = {};
};

// Thread-safe; callers suspend and resume on their executor, which must have one thread.
class Publisher {
 public:
  virtual ~Publisher() = default;
  // Publishes all at once and waits for the streams' confirms (PubAck); a status for each in their
  // order. Any number of calls may be under way.
  //   OK                  a stream has it: written to its file, and with replicas to a majority;
  //   the
  //                       kill of a server loses nothing, a loss of power what was not synced
  //   UNAVAILABLE         no connection, it broke, or the stream refused: it may or may not be
  //   there DEADLINE_EXCEEDED   no confirm in time: likewise RESOURCE_EXHAUSTED  too many are
  //   unconfirmed: not published INVALID_ARGUMENT    the subject is none, or the message is larger
  //   than the server takes
  // A subject that no stream listens to is UNAVAILABLE and costs the connection, which makes its
  // streams again when it is back.
  [[nodiscard]] virtual boost::asio::awaitable<std::vector<absl::Status>> Publish(
      std::vector<Message> messages, base::Deadline deadline) = 0;
};

// A message in the hands of a consumer, until it is settled or the connection is lost.
struct Delivery {
  std::string data;
  // The how-manieth delivery of this message it is, as the server counts: one that was killed may
  // have forgotten some.
  int64_t attempt = 1;
  uint64_t session = 0;  // which connection it came by: settling one of an older does nothing
  uint64_t tag = 0;
};

// One durable pull consumer with explicit acks: at least once. Thread-safe.
//
// A delivery stays with its holder, who lives and is connected, for as long as he likes: the
// connection tells the server that it is worked on. Acks are not confirmed: one that is lost
// with its connection means another delivery.
class Consumer {
 public:
  virtual ~Consumer() = default;
  // At most `max` deliveries; waits for connections and for the first one until the deadline and
  // takes along what else is here. DEADLINE_EXCEEDED, or CANCELLED once the consumer is stopped and
  // has given out all that was here.
  [[nodiscard]] virtual boost::asio::awaitable<absl::StatusOr<std::vector<Delivery>>> Next(
      int max, base::Deadline deadline) = 0;
  // Done with them: the server forgets them.
  virtual void Ack(const std::vector<Delivery>& deliveries) = 0;
  // Gives it back for another attempt after the delay.
  virtual void Retry(const Delivery& delivery,
                     base::milliseconds delay = base::milliseconds(0)) = 0;
  // Publishes its data to the consumer's dead subject, and acks it once that is confirmed. When it
  // cannot be confirmed the message is delivered again.
  virtual void Bury(const Delivery& delivery) = 0;
};

}  // namespace trellis::nats

#endif  // MESH_NATS_CLIENT_H_
