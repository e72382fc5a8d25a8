#ifndef SERVICES_KEYTEST_TALLYING_HANDLER_H_
#define SERVICES_KEYTEST_TALLYING_HANDLER_H_

#include <string>

#include "mesh/redis/client.h"
#include "services/keytest/expiry_handler.h"

namespace trellis::keytest {

// A handler with an effect of its own, outside of the record: counts in a hash of Redis how often
// it was called for each key. It shows what becomes of such an effect where a process dies (more
// than one for a key), and fails for keys whose field in the hash is no number. For tests. Belongs
// to the client's reactor.
class TallyingHandler final : public ExpiryHandler {
 public:
  TallyingHandler(redis::Client& client, std::string key) : client_(client), key_(std::move(key)) {}

  [[nodiscard]] boost::asio::awaitable<std::vector<absl::Status>> Handle(
      const std::vector<Event>& events) override;

 private:
  redis::Client& client_;
  const std::string key_;
};

}  // namespace trellis::keytest

#endif  // SERVICES_KEYTEST_TALLYING_HANDLER_H_
