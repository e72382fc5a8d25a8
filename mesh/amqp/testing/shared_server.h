#ifndef MESH_AMQP_TESTING_SHARED_SERVER_H_
#define MESH_AMQP_TESTING_SHARED_SERVER_H_

#include "mesh/amqp/testing/connection_fixture.h"

namespace trellis::amqp::testing {

// For tests that leave the server as they found it, but for queues that nobody else knows: they
// share one, since a start takes seconds. It ends with the test program's tests.
class SharedServerTest : public ConnectionFixture {
 protected:
  static PrivateRabbitMq& server();
  [[nodiscard]] ConnectionOptions Options() const { return ConnectionFixture::Options(server()); }
  [[nodiscard]] ConnectionOptions Consuming() const {
    return ConnectionFixture::Consuming(server());
  }
};

}  // namespace trellis::amqp::testing

#endif  // MESH_AMQP_TESTING_SHARED_SERVER_H_
