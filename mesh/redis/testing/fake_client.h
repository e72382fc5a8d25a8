#ifndef MESH_REDIS_TESTING_FAKE_CLIENT_H_
#define MESH_REDIS_TESTING_FAKE_CLIENT_H_

#include <functional>
#include <string>
#include <vector>

#include "mesh/redis/client.h"

namespace trellis::redis::testing {

// Answers from a function, at once, for faults that a real server does not make on demand. Records
// what it was asked.
class FakeClient final : public Client {
 public:
  using Arguments = std::vector<std::string>;
  using Answer = std::function<absl::StatusOr<Reply>(const Arguments&)>;

  explicit FakeClient(Answer answer) : answer_(std::move(answer)) {}

  boost::asio::awaitable<absl::StatusOr<Reply>> Execute(Command command,
                                                        base::Deadline deadline) override;

  [[nodiscard]] const std::vector<Arguments>& commands() const { return commands_; }

 private:
  Answer answer_;
  std::vector<Arguments> commands_;
};

}  // namespace trellis::redis::testing

#endif  // MESH_REDIS_TESTING_FAKE_CLIENT_H_
