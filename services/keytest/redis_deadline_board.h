#ifndef SERVICES_KEYTEST_REDIS_DEADLINE_BOARD_H_
#define SERVICES_KEYTEST_REDIS_DEADLINE_BOARD_H_

#include <string>

#include "mesh/redis/client.h"
#include "services/keytest/deadline_board.h"

namespace trellis::keytest {

struct DeadlineBoardOptions {
  // After this time a claim that was not confirmed is anybody's: its claimer died.
  base::milliseconds claim_visibility{2000};
  // After this time what is on the stream and was not recorded is published again.
  base::milliseconds delivery_visibility{60'000};
  // How often a key is published before it is given up.
  int max_publishes = 3;
  // How many may be claimed and not recorded, for all processes: bounds the stream's length.
  int max_claimed = 4096;
  // A list in Redis that gets the number of every key whose effect counts; empty: none. For tests.
  std::string effects_key = {};
};

// The pending keys in one Redis: each call is one script for all its keys. Belongs to the client's
// reactor.
class RedisDeadlineBoard final : public DeadlineBoard {
 public:
  RedisDeadlineBoard(redis::Client& client, DeadlineBoardOptions options)
      : client_(client), options_(std::move(options)) {}

  [[nodiscard]] boost::asio::awaitable<absl::StatusOr<Claimed>> Claim(
      int max, base::Deadline deadline) override;
  [[nodiscard]] boost::asio::awaitable<absl::Status> Confirm(std::vector<Event> published,
                                                             std::vector<Event> failed,
                                                             base::Deadline deadline) override;
  [[nodiscard]] boost::asio::awaitable<absl::StatusOr<std::vector<base::milliseconds>>> Record(
      std::vector<Event> events, base::Deadline deadline) override;
  [[nodiscard]] boost::asio::awaitable<absl::StatusOr<int64_t>> Bury(
      std::vector<Event> events, base::Deadline deadline) override;

 private:
  redis::Client& client_;
  const DeadlineBoardOptions options_;
};

// At most so many keys in one call.
inline constexpr int kMaxKeysPerBatch = 1000;

}  // namespace trellis::keytest

#endif  // SERVICES_KEYTEST_REDIS_DEADLINE_BOARD_H_
