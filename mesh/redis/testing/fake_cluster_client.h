#ifndef MESH_REDIS_TESTING_FAKE_CLUSTER_CLIENT_H_
#define MESH_REDIS_TESTING_FAKE_CLUSTER_CLIENT_H_

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mesh/redis/cluster_client.h"

namespace trellis::redis::testing {

// RESP2 values, for handlers of scripts.
[[nodiscard]] Reply RespString(std::string_view text);
[[nodiscard]] Reply RespInteger(int64_t number);
[[nodiscard]] Reply RespNil();
[[nodiscard]] Reply RespArray(const std::vector<std::optional<std::string>>& texts);

// A cluster in memory, for tests of what stands on a ClusterClient. Knows GET, SET (NX, XX, PX,
// EX), MGET, DEL, EXISTS, PEXPIRE and EVALSHA of scripts that a handler stands in for; anything
// else answers INTERNAL, as do several keys of different slots. Not thread-safe.
//
//   FakeClusterClient cluster;
//   cluster.set_script(fill, [&](const Arguments& keys, const Arguments& args) { ...data()... });
//   cluster.set_before([](const Arguments& command) -> asio::awaitable<absl::Status> { ... });
class FakeClusterClient final : public ClusterClient {
 public:
  using Arguments = std::vector<std::string>;
  using ScriptHandler =
      std::function<absl::StatusOr<Reply>(const Arguments& keys, const Arguments& arguments)>;
  using Hook = std::function<boost::asio::awaitable<absl::Status>(const Arguments& command)>;
  using Now = std::function<base::SteadyTime()>;

  // `now` decides what has expired.
  explicit FakeClusterClient(Now now = std::chrono::steady_clock::now) : now_(std::move(now)) {}

  boost::asio::awaitable<ClusterAnswer> Execute(KeyedCommand command, base::Deadline deadline,
                                                ClusterCallOptions options = {}) override;
  boost::asio::awaitable<std::vector<ClusterAnswer>> ExecuteAll(
      std::vector<KeyedCommand> commands, base::Deadline deadline,
      ClusterCallOptions options = {}) override;
  // Each key goes through the hooks as a GET of its own.
  boost::asio::awaitable<std::vector<ClusterAnswer>> MGet(std::vector<std::string> keys,
                                                          base::Deadline deadline,
                                                          ClusterCallOptions options = {}) override;
  bool Connected(std::string_view key) const override;

  // What runs when the script is called. Borrows nothing.
  void set_script(const Script& script, ScriptHandler handler);
  // Awaited before each command: to look, to wait, to change data. What is not OK is the answer,
  // and the command does not run.
  void set_before(Hook before) { before_ = std::move(before); }
  // Awaited after each command has run. What is not OK is the answer instead of Redis': a command
  // that ran and whose answer was lost.
  void set_after(Hook after) { after_ = std::move(after); }
  // Commands on keys for which `away` holds answer UNAVAILABLE; Connected() is false for them.
  void set_away(std::function<bool(std::string_view key)> away) { away_ = std::move(away); }
  // The number that answers carry: for all keys, or by key.
  void set_incarnation(uint64_t incarnation) {
    incarnation_ = [incarnation](std::string_view) { return incarnation; };
  }
  void set_incarnation_of(std::function<uint64_t(std::string_view key)> incarnation) {
    incarnation_ = std::move(incarnation);
  }

  [[nodiscard]] std::optional<std::string> Get(const std::string& key);
  // Without a time to live it stays.
  void Set(const std::string& key, std::string value, base::milliseconds ttl = {});
  bool Delete(const std::string& key);
  // What is left to a key that expires.
  [[nodiscard]] std::optional<base::milliseconds> TimeToLive(const std::string& key);
  void Clear() { data_.clear(); }
  [[nodiscard]] size_t size() const { return data_.size(); }

  // Every command that was asked for, with its arguments.
  [[nodiscard]] const std::vector<Arguments>& commands() const { return commands_; }
  // How often Execute, ExecuteAll and MGet were called: round trips of the caller.
  [[nodiscard]] int calls() const { return calls_; }

 private:
  struct Value {
    std::string text;
    std::optional<base::SteadyTime> expires;
  };

  boost::asio::awaitable<ClusterAnswer> One(std::string key, Command command,
                                            base::Deadline deadline);
  absl::StatusOr<Reply> Run(const Arguments& arguments);
  absl::StatusOr<Reply> RunSet(const Arguments& arguments);
  absl::StatusOr<Reply> RunScript(const Arguments& arguments);

  const Now now_;
  std::map<std::string, Value, std::less<>> data_;
  std::map<std::string, ScriptHandler> scripts_;
  Hook before_, after_;
  std::function<bool(std::string_view)> away_;
  std::function<uint64_t(std::string_view)> incarnation_ = [](std::string_view) { return 1; };
  std::vector<Arguments> commands_;
  int calls_ = 0;
};

}  // namespace trellis::redis::testing

#endif  // MESH_REDIS_TESTING_FAKE_CLUSTER_CLIENT_H_
