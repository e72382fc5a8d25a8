#ifndef SERVICES_KEYTEST_TESTING_EVENT_STREAM_CONTRACT_H_
#define SERVICES_KEYTEST_TESTING_EVENT_STREAM_CONTRACT_H_

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <memory>
#include <string>
#include <vector>

#include "services/keytest/event_stream.h"

namespace trellis::keytest::testing {

// A broker of a test's own, with what the contract's tests want of it. One server may serve all
// tests; Open gives them streams that share names, so Reset empties it before each.
class EventStreamBackend {
 public:
  virtual ~EventStreamBackend() = default;
  // A stream with a connection of its own, as another process would have; not started.
  virtual std::unique_ptr<EventStream> Open() = 0;
  // Nothing is on the stream or the dead-letter queue any more. No stream is open.
  virtual void Reset() = 0;
  // Messages on the dead-letter queue.
  virtual int Dead() = 0;
  // Puts bytes onto the stream that no event encodes to. A stream has been started before.
  virtual void PublishRaw(const std::string& bytes) = 0;
  // kill -9, and the start with the same data. A fake has nothing to kill.
  [[nodiscard]] virtual bool can_restart() const = 0;
  virtual void Kill() = 0;
  virtual void Start() = 0;
};

// What every EventStream promises, on a real broker. To run it on an adapter:
//
//   EventStreamBackend& RabbitMqBackend();  // made at the first call
//   INSTANTIATE_TEST_SUITE_P(RabbitMq, EventStreamContract, ::testing::Values(&RabbitMqBackend));
//
// and compile event_stream_contract.cc, which holds the tests, into the same program.
class EventStreamContract : public ::testing::TestWithParam<EventStreamBackend& (*)()> {
 protected:
  EventStreamContract() : backend_(GetParam()()) { backend_.Reset(); }

  // Started and connected.
  std::unique_ptr<EventStream> OpenConnected();
  // From `first` on, of one run.
  static std::vector<Event> Events(int count, int64_t first = 1);

  std::vector<absl::Status> Publish(EventStream& stream, std::vector<Event> events,
                                    base::milliseconds patience = base::milliseconds(20'000));
  // As Next; collects until there are `count` or the patience is over.
  std::vector<Delivery> Take(EventStream& stream, size_t count,
                             base::milliseconds patience = base::milliseconds(20'000));
  // The answer of one call that finds nothing for a while.
  absl::StatusCode NextCode(EventStream& stream,
                            base::milliseconds patience = base::milliseconds(300));
  static void Flush(EventStream& stream);

  EventStreamBackend& backend_;
  boost::asio::io_context context_{1};
};

}  // namespace trellis::keytest::testing

#endif  // SERVICES_KEYTEST_TESTING_EVENT_STREAM_CONTRACT_H_
