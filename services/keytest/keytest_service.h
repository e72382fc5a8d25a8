#ifndef SERVICES_KEYTEST_KEYTEST_SERVICE_H_
#define SERVICES_KEYTEST_KEYTEST_SERVICE_H_

#include <functional>
#include <memory>

#include "mesh/rpc/runtime.h"
#include "services/keytest/run_board.h"

namespace grpc {
class Service;
}

namespace trellis::keytest {

// The RPC surface of proto/trellis/keytest/v1/keytest.proto, on a runtime of one reactor, which is
// the board's. `on_started` is called there after a test was started. The references must outlive
// the service.
[[nodiscard]] std::unique_ptr<grpc::Service> MakeKeyTestService(rpc::Runtime& runtime,
                                                                RunBoard& board,
                                                                std::function<void()> on_started);

// Its full name, for health and routing.
inline constexpr char kKeyTestServiceName[] = "trellis.keytest.v1.KeyTestService";

}  // namespace trellis::keytest

#endif  // SERVICES_KEYTEST_KEYTEST_SERVICE_H_
