#ifndef CLIENTS_CLI_TESTING_FAKE_KEYTEST_SERVICE_H_
#define CLIENTS_CLI_TESTING_FAKE_KEYTEST_SERVICE_H_

#include <grpcpp/grpcpp.h>

#include <atomic>
#include <optional>
#include <string>
#include <vector>

#include "clients/cli/testing/fake_server.h"
#include "mesh/base/status.h"
#include "trellis/keytest/v1/keytest.grpc.pb.h"

namespace trellis::cli::testing {

// A KeyTestService on a free port of loopback that keeps what it was asked and answers what the
// test set. Set answers before the call that they are for; requests may be read after it.
class FakeKeyTestService final : public keytest::v1::KeyTestService::Service {
 public:
  [[nodiscard]] const std::string& address() const { return server_.address(); }

  absl::Status failure;  // of every call
  std::vector<keytest::v1::StartTestRequest> started;
  int stopped = 0;
  std::atomic<int> asked{0};  // for its status
  // Of calls, and of a stream one after the other; the last one stays.
  std::vector<keytest::v1::Status> statuses{1};
  std::optional<keytest::v1::Status> after_start;  // GetStatus' once a test was started

  grpc::Status StartTest(grpc::ServerContext* context, const keytest::v1::StartTestRequest* request,
                         keytest::v1::Status* response) override;
  grpc::Status StopTest(grpc::ServerContext* context, const keytest::v1::StopTestRequest* request,
                        keytest::v1::Status* response) override;
  grpc::Status GetStatus(grpc::ServerContext* context, const keytest::v1::GetStatusRequest* request,
                         keytest::v1::Status* response) override;
  grpc::Status WatchStatus(grpc::ServerContext* context,
                           const keytest::v1::WatchStatusRequest* request,
                           grpc::ServerWriter<keytest::v1::Status>* writer) override;

 private:
  FakeServer server_{this, keytest::v1::KeyTestService::service_full_name()};
};

}  // namespace trellis::cli::testing

#endif  // CLIENTS_CLI_TESTING_FAKE_KEYTEST_SERVICE_H_
