#include "clients/cli/testing/fake_keytest_service.h"

#include "mesh/rpc/status.h"

namespace trellis::cli::testing {

namespace v1 = keytest::v1;
using grpc::ServerContext;
using grpc::Status;

Status FakeKeyTestService::StartTest(ServerContext*, const v1::StartTestRequest* request,
                                     v1::Status* response) {
  started.push_back(*request);
  *response = statuses.front();
  return rpc::ToGrpc(failure);
}

Status FakeKeyTestService::StopTest(ServerContext*, const v1::StopTestRequest*,
                                    v1::Status* response) {
  ++stopped;
  *response = statuses.front();
  return rpc::ToGrpc(failure);
}

Status FakeKeyTestService::GetStatus(ServerContext*, const v1::GetStatusRequest*,
                                     v1::Status* response) {
  ++asked;
  *response = after_start && !started.empty() ? *after_start : statuses.front();
  return rpc::ToGrpc(failure);
}

Status FakeKeyTestService::WatchStatus(ServerContext*, const v1::WatchStatusRequest*,
                                       grpc::ServerWriter<v1::Status>* writer) {
  for (const v1::Status& status : statuses) writer->Write(status);
  return rpc::ToGrpc(failure);
}

}  // namespace trellis::cli::testing
