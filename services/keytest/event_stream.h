#ifndef SERVICES_KEYTEST_EVENT_STREAM_H_
#define SERVICES_KEYTEST_EVENT_STREAM_H_

#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "mesh/base/deadline.h"
#include "mesh/base/status.h"

namespace trellis::keytest {

// A key that has expired: one message.
struct Event {
  std::string run_id;  // no control characters or spaces
  int64_t n = 0;       // of gen-key:<n>
  int64_t due_ms = 0;  // when it was due: Unix time in ms, by Redis' clock

  friend bool operator==(const Event&, const Event&) = default;
};

// How often one message is delivered at most: once, and three redeliveries.
constexpr int kMaxAttempts = 4;

// An event in the hands of a processor.
struct Delivery {
  Event event;
  int attempt = 1;  // the how-manieth delivery of this message it is
  // What the adapter needs to settle it; nothing to anybody else.
  uint64_t session = 0;
  uint64_t tag = 0;
};

struct StreamState {
  bool connected = false;
  // Published events are taken, too: no alarm, the stream is there.
  bool fine = false;
  std::string detail;  // where it is connected to, or why it is not fine
};

// The durable queue between those who notice that a key has expired and those who do something
// about it: at least once, unordered, shared out among all processes that call Next. What is
// confirmed survives a restart of the broker. Thread-safe; nothing blocks but Flush and the
// destructor; callers suspend and resume on their executor, which must outlive the stream.
//
// An adapter connects itself again for as long as it lives and makes what it needs at the broker
// (queues, streams) after each connect. A message that is no event goes to the dead-letter queue
// and is never seen here.
class EventStream {
 public:
  virtual ~EventStream() = default;

  // Called on any thread after each change. Set it before Start.
  virtual void set_on_change(std::function<void(const StreamState&)> on_change) = 0;
  virtual void Start() = 0;
  [[nodiscard]] virtual StreamState state() const = 0;

  // Publishes all and waits for the broker's confirms; a status for each in their order. Any number
  // of calls may be under way.
  //   OK                            the broker has it on its disk
  //   UNAVAILABLE,                  not connected, refused, or no confirm in time: it may or may
  //   not DEADLINE_EXCEEDED             be there RESOURCE_EXHAUSTED            too many are
  //   unconfirmed: not published
  [[nodiscard]] virtual boost::asio::awaitable<std::vector<absl::Status>> Publish(
      std::vector<Event> events, base::Deadline deadline) = 0;
  // The same to the dead-letter queue, for what is given up; nobody consumes it.
  [[nodiscard]] virtual boost::asio::awaitable<std::vector<absl::Status>> PublishDead(
      std::vector<Event> events, base::Deadline deadline) = 0;

  // The next deliveries, at most `max`: waits for the first until the deadline and takes along what
  // else is here. One call at a time. DEADLINE_EXCEEDED: nothing came (connected or not);
  // CANCELLED: consuming was stopped, and all that was here has been given out.
  //
  // A delivery stays with this process until it is settled, the process dies, or its connection is
  // lost, however long that takes: an adapter whose broker wants to hear of it in between sees to
  // that itself. Then it is delivered again, to anybody, as the next attempt, within 6 s; after
  // kMaxAttempts the broker or the adapter puts it on the dead-letter queue.
  [[nodiscard]] virtual boost::asio::awaitable<absl::StatusOr<std::vector<Delivery>>> Next(
      int max, base::Deadline deadline) = 0;
  // Done with them. Never fails: one whose connection is gone comes again anyhow.
  virtual void Ack(const std::vector<Delivery>& deliveries) = 0;
  // Gives it back for another attempt, at once; one of kMaxAttempts goes to the dead-letter queue
  // instead.
  virtual void Retry(const Delivery& delivery) = 0;

  // No further deliveries; what was delivered can still be settled.
  virtual void StopConsuming() = 0;
  // Blocks until what was settled before is on the wire, or the deadline passes.
  virtual void Flush(base::Deadline deadline) = 0;
};

}  // namespace trellis::keytest

#endif  // SERVICES_KEYTEST_EVENT_STREAM_H_
