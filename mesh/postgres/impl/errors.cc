#include "mesh/postgres/impl/errors.h"

#include <exception>
#include <pqxx/except>

#include "mesh/postgres/pool.h"

namespace trellis::postgres {
namespace {

constexpr char kConstraint[] = "trellis.postgres/constraint";

}  // namespace

std::string ConstraintOf(const absl::Status& status) {
  const auto constraint = status.GetPayload(kConstraint);
  return constraint ? std::string(*constraint) : std::string();
}

namespace impl {
namespace {

using absl::StatusCode;

// Whether the server has ended this connection or will do nothing on it any more: one that has
// become read-only (25006) leads to what was the primary before a failover, a new one to what is it
// now.
bool IsOfNoUse(std::string_view sqlstate) {
  return sqlstate.starts_with("08") || sqlstate.starts_with("57P") || sqlstate == "53300" ||
         sqlstate == "25006";
}

StatusCode CodeOf(std::string_view sqlstate) {
  if (sqlstate == "23505") return StatusCode::kAlreadyExists;
  if (sqlstate.starts_with("22") || sqlstate.starts_with("23")) {
    return StatusCode::kInvalidArgument;
  }
  if (sqlstate == "40001" || sqlstate == "40P01") return StatusCode::kAborted;
  if (sqlstate == "57014") return StatusCode::kDeadlineExceeded;
  if (IsOfNoUse(sqlstate)) return StatusCode::kUnavailable;
  // An error of the disk, and a lock that was not had in time: the next attempt may do better.
  if (sqlstate.starts_with("58") || sqlstate == "55P03") return StatusCode::kUnavailable;
  // The disk or the memory is full.
  if (sqlstate.starts_with("53")) return StatusCode::kResourceExhausted;
  return StatusCode::kInternal;
}

// pqxx 6 keeps only the text of an error: the constraint is what stands in its last quotes, also
// where the text is translated and so has other quotes, which then give nothing.
std::string QuotedLast(std::string_view line) {
  const size_t end = line.rfind('"');
  if (end == std::string_view::npos || end == 0) return "";
  const size_t begin = line.rfind('"', end - 1);
  if (begin == std::string_view::npos) return "";
  return std::string(line.substr(begin + 1, end - begin - 1));
}

}  // namespace

std::string FirstLine(std::string_view message) {
  std::string_view line = message.substr(0, message.find('\n'));
  if (const size_t severity = line.find(":  "); severity != std::string_view::npos) {
    line.remove_prefix(severity + 3);
  }
  return std::string(line);
}

absl::Status StatusOfSql(std::string_view sqlstate, std::string_view message) {
  StatusCode code = CodeOf(sqlstate);
  const std::string line = FirstLine(message);
  // The same state is given when a person cancels a query.
  if (sqlstate == "57014" && line.find("user request") != std::string::npos) {
    code = StatusCode::kInternal;
  }
  std::string text = "postgres: " + line;
  if (code == StatusCode::kInternal && !sqlstate.empty()) {
    text += " (" + std::string(sqlstate) + ")";
  }
  absl::Status status = base::MakeStatus(code, text);
  if (sqlstate.starts_with("23")) {
    if (const std::string name = QuotedLast(line); !name.empty()) {
      status.SetPayload(kConstraint, absl::Cord(name));
    }
  }
  return status;
}

Failure OfCurrentException() {
  try {
    throw;
  } catch (const pqxx::broken_connection& e) {
    return {.status = StatusOfSql("08006", e.what()), .lost = true};
  } catch (const pqxx::serialization_failure& e) {
    return {.status = StatusOfSql("40001", e.what()), .again = true};
  } catch (const pqxx::deadlock_detected& e) {
    return {.status = StatusOfSql("40P01", e.what()), .again = true};
  } catch (const pqxx::transaction_rollback& e) {
    return {.status = base::MakeStatus(StatusCode::kAborted, "postgres: " + FirstLine(e.what()))};
  } catch (const pqxx::in_doubt_error& e) {
    return {.status = base::MakeStatus(StatusCode::kUnknown, "postgres: " + FirstLine(e.what())),
            .lost = true};
  } catch (const pqxx::sql_error& e) {
    return {.status = StatusOfSql(e.sqlstate(), e.what()), .lost = IsOfNoUse(e.sqlstate())};
  } catch (const std::exception& e) {
    return {.status = base::MakeStatus(StatusCode::kInternal,
                                       "the transaction's code failed: " + std::string(e.what()))};
  } catch (...) {
    return {.status = base::MakeStatus(StatusCode::kInternal, "the transaction's code failed")};
  }
}

}  // namespace impl
}  // namespace trellis::postgres
