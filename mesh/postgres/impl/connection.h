#ifndef MESH_POSTGRES_IMPL_CONNECTION_H_
#define MESH_POSTGRES_IMPL_CONNECTION_H_

#include <libpq-fe.h>

#include <pqxx/connection>
#include <string>

#include "mesh/base/backoff.h"
#include "mesh/base/deadline.h"
#include "mesh/postgres/impl/event.h"

namespace trellis::postgres::impl {

// Before each attempt but the first; the cap bounds how long after an outage a connection is back.
inline constexpr base::BackoffPolicy kReconnect{base::milliseconds(50), base::milliseconds(1000)};

struct Target {
  std::string url;
  std::string application_name;  // unless the URL has one
  base::milliseconds connect_timeout{2000};
  std::string options = {};  // of the session, as libpq takes them, unless the URL has some
};

// How pqxx is to connect. Its own way blocks for whole seconds, and cannot be interrupted.
class Connecting final : public pqxx::connectionpolicy {
 public:
  Connecting(const Target& target, const Event& stop);
  handle do_startconnect(handle existing) override;
  handle do_disconnect(handle existing) noexcept override;
  [[nodiscard]] handle connection() const { return connection_; }

 private:
  const Target target_;
  const Event& stop_;
  handle connection_ = nullptr;
};

// A connection that is made by the constructor, which throws pqxx::broken_connection when it cannot
// or when `stop` is set, and that never connects again by itself: pqxx would do so silently, in the
// middle of a transaction. Name resolution is the only step not bounded by connect_timeout.
class Connection final : public pqxx::connection_base {
 public:
  Connection(const Target& target, const Event& stop);
  ~Connection();

  [[nodiscard]] PGconn* handle() const { return connecting_.connection(); }
  // The server's last words, in one line, for a reason of a loss.
  [[nodiscard]] std::string LastError() const;
  // For shutdown(), from any thread: a descriptor of its own for the same socket, since libpq
  // closes the one it has when it sees an error, and its number may then be another's.
  [[nodiscard]] int shutdown_socket() const { return shutdown_socket_; }
  // True between transactions and on a connection that is in order.
  [[nodiscard]] bool Clean() const;

 private:
  static void OnNotice(void* self, const char* message) noexcept;

  Connecting connecting_;
  std::string farewell_;
  int shutdown_socket_ = -1;
};

}  // namespace trellis::postgres::impl

#endif  // MESH_POSTGRES_IMPL_CONNECTION_H_
