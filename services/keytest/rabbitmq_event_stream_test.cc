#include "services/keytest/rabbitmq_event_stream.h"

#include "services/keytest/testing/rabbitmq_backend.h"

namespace trellis::keytest::testing {

INSTANTIATE_TEST_SUITE_P(RabbitMq, EventStreamContract, ::testing::Values(&RabbitMqBackend));

}  // namespace trellis::keytest::testing
