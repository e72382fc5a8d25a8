#ifndef SERVICES_KEYTEST_REDIS_RUN_BOARD_H_
#define SERVICES_KEYTEST_REDIS_RUN_BOARD_H_

#include <string>

#include "mesh/redis/client.h"
#include "services/keytest/run_board.h"

namespace trellis::keytest {

struct KeyWriterOptions {
  std::string name;                // of this process among all
  base::milliseconds lease{1000};  // how long one that is silent stays the one who writes
};

// The run in one Redis: each call is one script, so it happens wholly or not at all. Belongs to the
// client's reactor.
class RedisRunBoard final : public RunBoard, public KeyWriter {
 public:
  RedisRunBoard(redis::Client& client, KeyWriterOptions options)
      : client_(client), options_(std::move(options)) {}

  [[nodiscard]] boost::asio::awaitable<absl::StatusOr<RunStatus>> Start(
      RunParameters parameters, base::Deadline deadline) override;
  [[nodiscard]] boost::asio::awaitable<absl::StatusOr<RunStatus>> Stop(
      base::Deadline deadline) override;
  [[nodiscard]] boost::asio::awaitable<absl::StatusOr<RunStatus>> Read(
      base::Deadline deadline) override;
  [[nodiscard]] boost::asio::awaitable<absl::StatusOr<Wrote>> Write(
      int max, base::Deadline deadline) override;

 private:
  redis::Client& client_;
  const KeyWriterOptions options_;
};

}  // namespace trellis::keytest

#endif  // SERVICES_KEYTEST_REDIS_RUN_BOARD_H_
