#ifndef MESH_REDIS_CONNECTION_H_
#define MESH_REDIS_CONNECTION_H_

#include <boost/asio/any_io_executor.hpp>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "mesh/base/backoff.h"
#include "mesh/redis/client.h"

namespace trellis::redis {

struct ConnectionOptions {
  std::string address = "127.0.0.1:6379";  // host:port
  std::string password = {};               // AUTH, when not empty
  std::string name = {};                   // CLIENT SETNAME, when not empty
  base::milliseconds connect_timeout{1000};
  // A connection that owes an answer and has said nothing for this long is taken for half-open and
  // dropped. Not applied to a blocking connection, whose commands are silent by nature.
  base::milliseconds stall_timeout{3000};
  // Attempts start at a random time within these; the cap bounds how long after an outage the
  // connection is back.
  base::BackoffPolicy reconnect{base::milliseconds(20), base::milliseconds(500)};
  // Sent on each connect before anything else. The connection counts as connected when all have
  // been answered without an error and `on_greeting` has seen the answers.
  std::vector<Command> greeting = {};
  std::function<void(const std::vector<Reply>& answers)> on_greeting = {};
};

// Takes the answers to commands that were sent together.
class ReplySink {
 public:
  virtual ~ReplySink() = default;
  // The next answer, in the order of the commands; it may be an error. Must not use the connection.
  virtual void OnReply(Reply reply) = 0;
  // Once, and the last call: OK when all answers have come, else why the rest has not, as
  // Client::Execute has it.
  virtual void OnEnd(absl::Status status) = 0;
};

enum class ConnectionMode {
  // Many coroutines share it: commands issued in one turn of the reactor leave in one write.
  kPipelined,
  // For BLMOVE, BRPOP, XREADGROUP BLOCK: an answer may take long, and a command whose deadline
  // passes costs the connection, since a blocked connection can answer nothing else.
  kBlocking,
};

// A connection that connects itself again for as long as it lives. See Client for what Execute
// promises: it never waits for a connection, and never sends a command twice. Construct, use and
// destroy it on its reactor's thread; destroying it fails what is under way.
class Connection final : public Client {
 public:
  Connection(boost::asio::any_io_executor executor, ConnectionOptions options,
             ConnectionMode mode = ConnectionMode::kPipelined);
  ~Connection() override;
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  [[nodiscard]] boost::asio::awaitable<absl::StatusOr<Reply>> Execute(
      Command command, base::Deadline deadline) override;

  // Sends `count` commands, which `wire` holds as Command::AppendTo writes them, with one write and
  // one end for all of them: less work than as many Execute(). The sink is called on the reactor,
  // from later turns only. UNAVAILABLE while not connected: then the sink is destroyed uncalled.
  [[nodiscard]] absl::Status Send(std::string_view wire, size_t count, base::Deadline deadline,
                                  std::unique_ptr<ReplySink> sink);
  // Answers that the server owes, those of commands whose deadline has passed included.
  [[nodiscard]] size_t outstanding() const;
  // Why it is not connected.
  [[nodiscard]] const std::string& reason() const;

  // Called on the reactor with true after each connect and with false after each loss together
  // with the reason. Set it before the first turn of the reactor.
  void set_on_change(std::function<void(bool connected, const std::string& reason)> on_change);

  // Called on the reactor for each message of a channel that this connection has subscribed to; for
  // Subscriber, which see. Set it before the first turn of the reactor.
  void set_on_push(std::function<void(std::string_view channel, std::string_view message)> on_push);

  [[nodiscard]] bool connected() const;
  // Counts connects: a change between two looks means that the connection was lost between them.
  [[nodiscard]] uint64_t generation() const;
  // Redis' CLIENT ID of this connection; 0 while not connected.
  [[nodiscard]] int64_t client_id() const;

 private:
  class Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace trellis::redis

#endif  // MESH_REDIS_CONNECTION_H_
