#ifndef MESH_REDIS_SCRIPT_H_
#define MESH_REDIS_SCRIPT_H_

#include <string>
#include <string_view>

#include "mesh/redis/client.h"

namespace trellis::redis {

// A Lua script, known by its SHA1. Immutable; make one of each at start.
class Script {
 public:
  explicit Script(std::string source);

  [[nodiscard]] const std::string& source() const { return source_; }
  [[nodiscard]] const std::string& sha1() const { return sha1_; }

  // The start of a call: EVALSHA sha1 key_count. Keys and arguments follow with Arg().
  [[nodiscard]] Command Call(int key_count) const { return Command("EVALSHA", sha1_, key_count); }

  // Runs a call. When Redis does not know the script (it was restarted, or SCRIPT FLUSH), loads it
  // and runs the call again, which is safe because an unknown script did nothing.
  [[nodiscard]] boost::asio::awaitable<absl::StatusOr<Reply>> Run(Client& client, Command call,
                                                                  base::Deadline deadline) const;

 private:
  std::string source_;
  std::string sha1_;
};

}  // namespace trellis::redis

#endif  // MESH_REDIS_SCRIPT_H_
