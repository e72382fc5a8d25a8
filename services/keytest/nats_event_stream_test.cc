#include "services/keytest/nats_event_stream.h"

#include "services/keytest/testing/nats_backend.h"

namespace trellis::keytest::testing {

INSTANTIATE_TEST_SUITE_P(Nats, EventStreamContract, ::testing::Values(&NatsBackend));

}  // namespace trellis::keytest::testing
