#include "services/post/datagen/session.h"

#include <libpq-fe.h>

#include <charconv>
#include <cstring>
#include <thread>

#include "mesh/base/deadline.h"

namespace trellis::post::datagen {
namespace {

using Result = std::unique_ptr<PGresult, decltype(&PQclear)>;

std::string FirstLine(std::string_view text) {
  return std::string(text.substr(0, text.find('\n')));
}

}  // namespace

absl::StatusOr<std::unique_ptr<Session>> Session::Open(const std::string& url) {
  const char* const keys[] = {"dbname", "client_encoding", "fallback_application_name", nullptr};
  const char* const values[] = {url.c_str(), "UTF8", "post-datagen", nullptr};
  std::unique_ptr<Session> session(new Session(PQconnectdbParams(keys, values, 1)));
  if (PQstatus(session->connection_) != CONNECTION_OK) {
    return base::MakeStatus(absl::StatusCode::kUnavailable,
                            FirstLine(PQerrorMessage(session->connection_)));
  }
  PQsetNoticeProcessor(
      session->connection_, [](void*, const char*) {}, nullptr);
  return session;
}

Session::~Session() { PQfinish(connection_); }

absl::Status Session::Error() const {
  const bool lost = PQstatus(connection_) != CONNECTION_OK;
  return base::MakeStatus(lost ? absl::StatusCode::kUnavailable : absl::StatusCode::kInternal,
                          FirstLine(PQerrorMessage(connection_)));
}

absl::StatusOr<Session::Rows> Session::Query(const std::string& sql,
                                             const std::vector<std::string>& parameters) {
  std::vector<const char*> values;
  for (const std::string& parameter : parameters) values.push_back(parameter.c_str());
  const Result result(parameters.empty()
                          ? PQexec(connection_, sql.c_str())
                          : PQexecParams(connection_, sql.c_str(), static_cast<int>(values.size()),
                                         nullptr, values.data(), nullptr, nullptr, 0),
                      PQclear);
  const ExecStatusType status = PQresultStatus(result.get());
  if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK) return Error();
  Rows rows(static_cast<size_t>(PQntuples(result.get())));
  for (size_t i = 0; i < rows.size(); ++i) {
    for (int column = 0; column < PQnfields(result.get()); ++column) {
      rows[i].emplace_back(PQgetvalue(result.get(), static_cast<int>(i), column));
    }
  }
  return rows;
}

absl::Status Session::Execute(const std::string& sql, const std::vector<std::string>& parameters) {
  return Query(sql, parameters).status();
}

absl::StatusOr<int64_t> Session::CopyIn(const std::string& sql,
                                        const std::function<bool(std::string*)>& next) {
  const Result begun(PQexec(connection_, sql.c_str()), PQclear);
  if (PQresultStatus(begun.get()) != PGRES_COPY_IN) return Error();
  std::string data;
  while (next(&data)) {
    if (PQputCopyData(connection_, data.data(), static_cast<int>(data.size())) != 1) return Error();
    data.clear();
  }
  if (PQputCopyEnd(connection_, nullptr) != 1) return Error();
  const Result ended(PQgetResult(connection_), PQclear);
  if (PQresultStatus(ended.get()) != PGRES_COMMAND_OK) return Error();
  const Result none(PQgetResult(connection_), PQclear);  // the command's end, as libpq asks for
  int64_t rows = 0;
  const char* text = PQcmdTuples(ended.get());
  std::from_chars(text, text + std::strlen(text), rows);
  return rows;
}

absl::StatusOr<bool> Session::WaitFor(const std::string& sql, std::chrono::seconds patience) {
  const base::Deadline deadline = base::Deadline::After(patience);
  while (true) {
    absl::StatusOr<Rows> rows = Query(sql);
    if (!rows.ok()) return rows.status();
    if (rows->size() == 1 && (*rows)[0][0] == "t") return true;
    if (deadline.Expired()) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
}

}  // namespace trellis::post::datagen
