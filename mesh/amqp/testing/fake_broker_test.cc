#include "mesh/amqp/testing/fake_broker.h"

#include <gmock/gmock.h>

#include <boost/asio/io_context.hpp>

#include "mesh/base/testing/run.h"

namespace trellis::amqp::testing {
namespace {

using base::Deadline;
using base::milliseconds;
using base::testing::RunCoroutine;
using ::testing::ElementsAre;

TEST(FakeBrokerTest, RecordsAndDelivers) {
  boost::asio::io_context context;
  FakeBroker broker;
  const auto soon = [] { return Deadline::After(milliseconds(5000)); };
  Message message;
  message.body = "a";
  EXPECT_TRUE(RunCoroutine(context, broker.Publish(message, soon())).ok());
  broker.set_answer([](const Message&) { return absl::UnavailableError("down"); });
  EXPECT_EQ(RunCoroutine(context, broker.Publish(message, soon())).code(),
            absl::StatusCode::kUnavailable);
  EXPECT_EQ(broker.published().size(), 2u);

  EXPECT_EQ(RunCoroutine(context, broker.Next(Deadline::After(milliseconds(20)))).status().code(),
            absl::StatusCode::kDeadlineExceeded);
  for (int i = 0; i < 3; ++i) broker.Deliver(message, i);
  std::vector<Delivery> deliveries;
  for (int i = 0; i < 3; ++i) {
    deliveries.push_back(*RunCoroutine(context, broker.Next(soon())));
    EXPECT_EQ(deliveries.back().delivery_count, i);
  }
  broker.Ack(deliveries[0]);
  broker.Requeue(deliveries[1]);
  broker.Reject(deliveries[2]);
  EXPECT_THAT(broker.acked(), ElementsAre(1));
  EXPECT_THAT(broker.requeued(), ElementsAre(2));
  EXPECT_THAT(broker.rejected(), ElementsAre(3));
  broker.StopConsuming();
  EXPECT_EQ(RunCoroutine(context, broker.Next(soon())).status().code(),
            absl::StatusCode::kCancelled);
}

}  // namespace
}  // namespace trellis::amqp::testing
