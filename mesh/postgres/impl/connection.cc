#include "mesh/postgres/impl/connection.h"

#include <fcntl.h>
#include <unistd.h>

#include <map>
#include <memory>
#include <vector>

#include "mesh/postgres/impl/errors.h"

namespace trellis::postgres::impl {
namespace {

// The URL's own settings and, where it has none, ours.
std::map<std::string, std::string> Settings(const Target& target) {
  char* error = nullptr;
  const std::unique_ptr<PQconninfoOption, decltype(&PQconninfoFree)> parsed(
      PQconninfoParse(target.url.c_str(), &error), PQconninfoFree);
  if (!parsed) {
    const std::string why = error == nullptr ? "out of memory" : FirstLine(error);
    PQfreemem(error);
    throw pqxx::broken_connection("the URL is not one of Postgres: " + why);
  }
  // A server that vanished is noticed within some seconds also where nothing is being sent.
  std::map<std::string, std::string> settings = {
      {"keepalives_idle", "5"},      {"keepalives_interval", "2"}, {"keepalives_count", "3"},
      {"tcp_user_timeout", "10000"}, {"client_encoding", "UTF8"},
  };
  if (!target.application_name.empty()) settings["application_name"] = target.application_name;
  if (!target.options.empty()) settings["options"] = target.options;
  for (const PQconninfoOption* option = parsed.get(); option->keyword != nullptr; ++option) {
    if (option->val != nullptr) settings[option->keyword] = option->val;
  }
  return settings;
}

PGconn* Begin(const Target& target) {
  const std::map<std::string, std::string> settings = Settings(target);
  std::vector<const char*> keys;
  std::vector<const char*> values;
  for (const auto& [key, value] : settings) {
    keys.push_back(key.c_str());
    values.push_back(value.c_str());
  }
  keys.push_back(nullptr);
  values.push_back(nullptr);
  return PQconnectStartParams(keys.data(), values.data(), 0);
}

}  // namespace

Connecting::Connecting(const Target& target, const Event& stop)
    : connectionpolicy(target.url), target_(target), stop_(stop) {}

Connecting::handle Connecting::do_startconnect(handle existing) {
  if (existing != nullptr) return existing;
  const base::Deadline deadline = base::Deadline::After(target_.connect_timeout);
  std::unique_ptr<PGconn, decltype(&PQfinish)> connection(Begin(target_), PQfinish);
  if (!connection) throw std::bad_alloc();
  PostgresPollingStatusType next = PGRES_POLLING_WRITING;
  if (PQstatus(connection.get()) == CONNECTION_BAD) next = PGRES_POLLING_FAILED;
  while (next != PGRES_POLLING_OK) {
    if (next == PGRES_POLLING_FAILED) {
      throw pqxx::broken_connection(FirstLine(PQerrorMessage(connection.get())));
    }
    const Woken woken =
        Wait(PQsocket(connection.get()), next == PGRES_POLLING_READING ? For::kRead : For::kWrite,
             stop_, deadline);
    if (woken.event) throw pqxx::broken_connection("closed");
    if (!woken.socket) throw pqxx::broken_connection("no answer to the connect in time");
    next = PQconnectPoll(connection.get());
  }
  connection_ = connection.release();
  return connection_;
}

Connecting::handle Connecting::do_disconnect(handle existing) noexcept {
  connection_ = nullptr;
  return connectionpolicy::do_disconnect(existing);
}

Connection::Connection(const Target& target, const Event& stop)
    : connection_base(connecting_), connecting_(target, stop) {
  init();
#include <pqxx/internal/ignore-deprecated-pre.hxx>
  inhibit_reactivation(true);
#include <pqxx/internal/ignore-deprecated-post.hxx>
  PQsetNoticeProcessor(handle(), OnNotice, this);
  shutdown_socket_ = fcntl(sock(), F_DUPFD_CLOEXEC, 0);
}

Connection::~Connection() {
  close();
  if (shutdown_socket_ >= 0) ::close(shutdown_socket_);
}

// While nothing is asked, also the error with which a server ends the connection is a notice.
void Connection::OnNotice(void* self, const char* message) noexcept {
  const std::string_view text = message;
  if (text.starts_with("FATAL")) static_cast<Connection*>(self)->farewell_ = FirstLine(text);
}

std::string Connection::LastError() const {
  if (!farewell_.empty()) return farewell_;
  const std::string error = handle() == nullptr ? "" : FirstLine(PQerrorMessage(handle()));
  return error.empty() ? "connection lost" : error;
}

bool Connection::Clean() const {
  return handle() != nullptr && PQstatus(handle()) == CONNECTION_OK &&
         PQtransactionStatus(handle()) == PQTRANS_IDLE;
}

}  // namespace trellis::postgres::impl
