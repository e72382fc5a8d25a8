#ifndef SERVICES_KEYTEST_TESTING_RABBITMQ_BACKEND_H_
#define SERVICES_KEYTEST_TESTING_RABBITMQ_BACKEND_H_

#include "services/keytest/testing/event_stream_contract.h"

namespace trellis::keytest::testing {

// A private RabbitMQ, started at the first call and ended with the test program's tests.
EventStreamBackend& RabbitMqBackend();

}  // namespace trellis::keytest::testing

#endif  // SERVICES_KEYTEST_TESTING_RABBITMQ_BACKEND_H_
