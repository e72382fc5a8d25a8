#include "mesh/redis/testing/fake_client.h"

namespace trellis::redis::testing {

boost::asio::awaitable<absl::StatusOr<Reply>> FakeClient::Execute(Command command,
                                                                  base::Deadline deadline) {
  if (deadline.Expired()) {
    co_return base::MakeStatus(absl::StatusCode::kDeadlineExceeded, "expired before the call");
  }
  std::string wire;
  command.AppendTo(&wire);
  const absl::StatusOr<Reply> parsed = Reply::FromResp(wire);
  Arguments arguments;
  for (size_t i = 0; i < parsed->size(); ++i) arguments.emplace_back((*parsed)[i].Text());
  commands_.push_back(arguments);
  co_return answer_(arguments);
}

}  // namespace trellis::redis::testing
