#ifndef SERVICES_KEYTEST_EXPIRY_HANDLER_H_
#define SERVICES_KEYTEST_EXPIRY_HANDLER_H_

#include <boost/asio/awaitable.hpp>
#include <vector>

#include "mesh/base/status.h"
#include "services/keytest/event_stream.h"

namespace trellis::keytest {

// What is to be done when keys have expired. Called on the processor's reactor, several calls may
// be under way. One event may come more than once, where a process died or lost its connection
// between the handler and the record of it: a handler with an effect of its own outside of the
// record takes run id and number for its idempotency key.
class ExpiryHandler {
 public:
  virtual ~ExpiryHandler() = default;
  // A status for each event in their order.
  //   UNAVAILABLE  what the handler needs is away, which is not the event's fault: it stays in hand
  //                and the handler is called again soon, for as long as it takes
  //   another      the event failed: it is delivered again, kMaxAttempts in all, and is dead then
  [[nodiscard]] virtual boost::asio::awaitable<std::vector<absl::Status>> Handle(
      const std::vector<Event>& events) = 0;
};

// Has nothing to do: its effect is the record, which counts the key in Redis, once.
class CountingHandler final : public ExpiryHandler {
 public:
  [[nodiscard]] boost::asio::awaitable<std::vector<absl::Status>> Handle(
      const std::vector<Event>& events) override {
    co_return std::vector<absl::Status>(events.size());
  }
};

}  // namespace trellis::keytest

#endif  // SERVICES_KEYTEST_EXPIRY_HANDLER_H_
