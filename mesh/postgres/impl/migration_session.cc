#include "mesh/postgres/impl/migration_session.h"

#include <algorithm>
#include <boost/crc.hpp>

#include "mesh/postgres/impl/errors.h"
#include "mesh/postgres/impl/transaction.h"

namespace trellis::postgres::impl {
namespace {

using absl::StatusCode;
using base::Deadline;
using base::milliseconds;

constexpr milliseconds kConnectTimeout(5000);
constexpr milliseconds kLockPoll(50);
// How long after the deadline the server's own answer is waited for.
constexpr milliseconds kPatience(250);

// golang-migrate's number for the lock of a table.
std::string LockOf(const std::string& database, const std::string& schema,
                   const std::string& table) {
  const std::string text = schema + '\0' + table + '\0' + database;
  boost::crc_32_type crc;
  crc.process_bytes(text.data(), text.size());
  constexpr uint32_t kSalt = 1486364155;
  return std::to_string(static_cast<uint32_t>(crc.checksum() * kSalt));
}

std::string Field(const PGresult* result, int code) {
  const char* text = PQresultErrorField(result, code);
  return text == nullptr ? "" : text;
}

// The line of the character, counted from 1, at which Postgres says that an error is.
int LineOf(const std::string& sql, const std::string& position) {
  int left = atoi(position.c_str());
  if (left <= 0) return 0;
  int line = 1;
  for (const char c : sql) {
    const bool begins_character = (static_cast<unsigned char>(c) & 0xC0) != 0x80;
    if (begins_character && --left == 0) break;
    if (c == '\n') ++line;
  }
  return line;
}

absl::Status Prefixed(const std::string& prefix, const absl::Status& status) {
  return base::MakeStatus(status.code(), prefix + base::MessageOf(status));
}

}  // namespace

MigrationSession::MigrationSession(const Target& target, Deadline deadline)
    : deadline_(deadline), connection_(target, never_) {}

absl::StatusOr<std::unique_ptr<MigrationSession>> MigrationSession::Open(const std::string& url,
                                                                         const std::string& table,
                                                                         Deadline deadline) {
  try {
    const Target target{url, "migrate", std::min(kConnectTimeout, deadline.Remaining())};
    std::unique_ptr<MigrationSession> session(new MigrationSession(target, deadline));
    absl::Status prepared = session->Prepare(table);
    if (!prepared.ok()) return prepared;
    return session;
  } catch (const std::exception&) {
    if (deadline.Expired()) {
      return base::MakeStatus(StatusCode::kDeadlineExceeded, "postgres: no connection in time");
    }
    return OfCurrentException().status;
  }
}

absl::Status MigrationSession::Prepare(const std::string& table) {
  const auto answer = Run("SELECT current_database(), current_schema()");
  if (!answer.ok()) return answer.status();
  if (PQgetisnull(answer->get(), 0, 1) != 0) {
    return base::MakeStatus(StatusCode::kFailedPrecondition, "the search path has no schema");
  }
  const std::string schema = PQgetvalue(answer->get(), 0, 1);
  table_ = connection_.quote_name(schema) + "." + connection_.quote_name(table);
  lock_ = LockOf(PQgetvalue(answer->get(), 0, 0), schema, table);
  return absl::OkStatus();
}

absl::Status MigrationSession::Lock() {
  while (true) {
    const auto answer = Run("SELECT pg_try_advisory_lock(" + lock_ + ")");
    if (!answer.ok()) return answer.status();
    if (std::string(PQgetvalue(answer->get(), 0, 0)) == "t") break;
    if (deadline_.Expired()) {
      return base::MakeStatus(StatusCode::kDeadlineExceeded,
                              "another migration holds the lock of " + table_);
    }
    [[maybe_unused]] const Woken woken =
        Wait(-1, For::kRead, never_, Deadline::Min(deadline_, Deadline::After(kLockPoll)));
  }
  return Do("CREATE TABLE IF NOT EXISTS " + table_ +
            " (version bigint NOT NULL PRIMARY KEY, dirty boolean NOT NULL)");
}

void MigrationSession::Unlock() { Do("SELECT pg_advisory_unlock(" + lock_ + ")").IgnoreError(); }

absl::StatusOr<Migrator::State> MigrationSession::Read() {
  const auto there = Run("SELECT to_regclass(" + connection_.quote(table_) + ") IS NOT NULL");
  if (!there.ok()) return there.status();
  if (std::string(PQgetvalue(there->get(), 0, 0)) != "t") return Migrator::State{};
  const auto row = Run("SELECT version, dirty FROM " + table_ + " LIMIT 1");
  if (!row.ok()) return row.status();
  if (PQntuples(row->get()) == 0) return Migrator::State{};
  return Migrator::State{std::stoll(PQgetvalue(row->get(), 0, 0)),
                         std::string(PQgetvalue(row->get(), 0, 1)) == "t"};
}

std::string MigrationSession::WriteSql(std::optional<int64_t> version, bool dirty) const {
  std::string sql = "DELETE FROM " + table_;
  if (version) {
    sql += "; INSERT INTO " + table_ + " VALUES (" + std::to_string(*version) + ", " +
           (dirty ? "true" : "false") + ")";
  }
  return sql;
}

absl::Status MigrationSession::Write(std::optional<int64_t> version, bool dirty) {
  // Several statements sent as one are one transaction.
  return Do(WriteSql(version, dirty));
}

absl::Status MigrationSession::Script(const Migration& migration, bool up) {
  Place place;
  const absl::Status status = Run(up ? migration.up : migration.down, &place).status();
  if (status.ok()) return status;
  std::string where = "statement " + std::to_string(place.statement);
  if (place.line > 0) where += ", line " + std::to_string(place.line);
  return Prefixed(where + ": ", status);
}

absl::Status MigrationSession::Step(const Migration& migration, bool up,
                                    std::optional<int64_t> then) {
  const std::string file =
      std::to_string(migration.version) + "_" + migration.name + (up ? ".up.sql" : ".down.sql");
  // What the script before has set for the session is forgotten.
  absl::Status status =
      Do("RESET ALL; BEGIN ISOLATION LEVEL READ COMMITTED; " + SetLocalTimeout(deadline_));
  // Gone when the script ends this transaction, also when it begins another.
  if (status.ok()) status = Do("SAVEPOINT trellis_step");
  if (status.ok()) status = Script(migration, up);
  if (status.ok() && !Do("RELEASE SAVEPOINT trellis_step").ok() && connection_.is_open()) {
    Do("ROLLBACK").IgnoreError();
    absl::Status noted = Write(migration.version, true);
    if (!noted.ok()) return Prefixed(file + ": ", noted);
    return base::MakeStatus(StatusCode::kFailedPrecondition,
                            file +
                                " ends its transaction by itself (COMMIT, ROLLBACK): what of "
                                "it has happened is not known, so the schema is now dirty");
  }
  if (status.ok()) status = Do(WriteSql(then, false));
  if (!status.ok()) {
    if (connection_.is_open()) Do("ROLLBACK").IgnoreError();
    return Prefixed(file + ": ", status);
  }
  status = Do("COMMIT");
  if (!status.ok() && !connection_.Clean()) {
    return base::MakeStatus(StatusCode::kUnknown, file + ": the connection broke in the commit: " +
                                                      base::MessageOf(status));
  }
  return status.ok() ? status : Prefixed(file + ": ", status);
}

absl::StatusOr<MigrationSession::Result> MigrationSession::Next() {
  const Deadline patience =
      deadline_.IsInfinite() ? deadline_ : Deadline::At(deadline_.time() + kPatience);
  PGconn* const handle = connection_.handle();
  while (PQisBusy(handle) != 0) {
    const Woken woken = Wait(PQsocket(handle), For::kRead, never_, patience);
    if (!woken.socket) {
      connection_.disconnect();
      return base::MakeStatus(StatusCode::kDeadlineExceeded, "postgres: no answer in time");
    }
    if (PQconsumeInput(handle) == 0) break;  // PQgetResult tells of it
  }
  return Result(PQgetResult(handle), PQclear);
}

absl::StatusOr<MigrationSession::Result> MigrationSession::Run(const std::string& sql,
                                                               Place* place) {
  Result last(nullptr, PQclear);
  if (!connection_.is_open() || PQsendQuery(connection_.handle(), sql.c_str()) == 0) {
    return StatusOfSql("08006", connection_.LastError());
  }
  absl::Status failed;
  for (int statement = 1;; ++statement) {
    absl::StatusOr<Result> result = Next();
    if (place != nullptr && failed.ok()) place->statement = statement;
    if (!result.ok()) return result.status();
    if (!*result) break;
    switch (PQresultStatus(result->get())) {
      case PGRES_COPY_IN:
      case PGRES_COPY_OUT:
      case PGRES_COPY_BOTH:
        connection_.disconnect();
        return base::MakeStatus(StatusCode::kInvalidArgument, "COPY has nobody to talk to here");
      case PGRES_BAD_RESPONSE:
      case PGRES_FATAL_ERROR:
        if (!failed.ok()) break;
        failed = StatusOfSql(Field(result->get(), PG_DIAG_SQLSTATE),
                             Field(result->get(), PG_DIAG_MESSAGE_PRIMARY));
        if (place != nullptr) {
          place->line = LineOf(sql, Field(result->get(), PG_DIAG_STATEMENT_POSITION));
        }
        break;
      default:
        last = *std::move(result);
    }
  }
  if (!connection_.is_open()) return StatusOfSql("08006", connection_.LastError());
  if (!failed.ok()) return failed;
  return last;
}

}  // namespace trellis::postgres::impl
