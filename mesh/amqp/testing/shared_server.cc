#include "mesh/amqp/testing/shared_server.h"

#include <memory>

namespace trellis::amqp::testing {
namespace {

std::unique_ptr<PrivateRabbitMq>& Instance() {
  static std::unique_ptr<PrivateRabbitMq> instance;
  return instance;
}

class EndServer final : public ::testing::Environment {
 public:
  void TearDown() override { Instance().reset(); }
};

}  // namespace

PrivateRabbitMq& SharedServerTest::server() {
  if (Instance() == nullptr) {
    Instance() = std::make_unique<PrivateRabbitMq>();
    static const auto* const end = ::testing::AddGlobalTestEnvironment(new EndServer);
    (void)end;
  }
  return *Instance();
}

}  // namespace trellis::amqp::testing
