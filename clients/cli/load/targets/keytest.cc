// KeyTest: its status, as a page that many look at asks for it, alone or beside a run. Starting
// runs is no load: there is one at a time.

#include <iostream>
#include <memory>

#include "clients/cli/load/target.h"
#include "clients/cpp/client.h"
#include "trellis/keytest/v1/keytest.grpc.pb.h"

namespace trellis::cli::load {
namespace {

namespace v1 = keytest::v1;
using KeyTestClient = client::Client<v1::KeyTestService>;

// A run that lasts no longer than the load: what is left of it is stopped with the last request.
class Run {
 public:
  explicit Run(const Setup& setup)
      : client_({.address = setup.address, .timeout = setup.timeout}) {}
  Run(const Run&) = delete;
  Run& operator=(const Run&) = delete;
  ~Run() {
    if (id_.empty()) return;
    // Not one that somebody else has started since.
    absl::StatusOr<v1::Status> now =
        client_.Call(&KeyTestClient::Stub::GetStatus, v1::GetStatusRequest());
    if (now.ok() && now->run_id() != id_) return;
    if (now.ok()) now = client_.Call(&KeyTestClient::Stub::StopTest, v1::StopTestRequest());
    if (!now.ok()) {
      std::cerr << "the run may go on, see trellis keytest status: " << now.status().message()
                << '\n';
    }
  }

  absl::Status Start(int keys) {
    v1::StartTestRequest request;
    request.set_keys(keys);
    const auto status = client_.Call(&KeyTestClient::Stub::StartTest, request);
    if (status.ok()) id_ = status->run_id();
    return status.status();
  }

 private:
  KeyTestClient client_;
  std::string id_;
};

absl::StatusOr<MakeRequest> Prepare(const Setup& setup) {
  std::shared_ptr<Run> run;
  if (setup.keys > 0) {
    run = std::make_shared<Run>(setup);
    if (absl::Status status = run->Start(setup.keys); !status.ok()) return status;
  }
  return MakeRequest(
      [run](int64_t /*index*/) { return v1::GetStatusRequest().SerializeAsString(); });
}

}  // namespace

Target KeyTestTarget() {
  return {.name = "keytest",
          .summary = "GetStatus; with --keys N beside a run of N keys, which ends with the load",
          .service = v1::KeyTestService::service_full_name(),
          .method = "GetStatus",
          .variable = "KEYTEST_ADDR",
          .default_address = "127.0.0.1:50055",
          .starts_runs = true,
          .prepare = Prepare};
}

}  // namespace trellis::cli::load
