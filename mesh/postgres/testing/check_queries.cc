#include "mesh/postgres/testing/check_queries.h"

#include <libpq-fe.h>

#include <memory>
#include <regex>
#include <stdexcept>

namespace trellis::postgres::testing {
namespace {

using Result = std::unique_ptr<PGresult, decltype(&PQclear)>;

class Checker {
 public:
  explicit Checker(const std::string& url) : connection_(PQconnectdb(url.c_str()), PQfinish) {
    if (PQstatus(connection_.get()) != CONNECTION_OK) {
      throw std::runtime_error(PQerrorMessage(connection_.get()));
    }
  }

  void Check(const QueryInfo& query) {
    query_ = &query;
    const Result prepared(PQprepare(connection_.get(), "", query.sql.c_str(), 0, nullptr), PQclear);
    if (PQresultStatus(prepared.get()) != PGRES_COMMAND_OK) {
      return Complain(PQresultErrorMessage(prepared.get()));
    }
    const Result described(PQdescribePrepared(connection_.get(), ""), PQclear);
    CheckParameters(described.get());
    CheckColumns(described.get());
  }

  std::vector<std::string> complaints;

 private:
  void Complain(const std::string& what) {
    complaints.push_back(query_->file + ":" + std::to_string(query_->line) + ": " + query_->name +
                         ": " + what);
  }

  std::string Ask(const std::string& sql) {
    const Result result(PQexec(connection_.get(), sql.c_str()), PQclear);
    if (PQresultStatus(result.get()) != PGRES_TUPLES_OK || PQntuples(result.get()) != 1) {
      throw std::runtime_error(sql + ": " + PQresultErrorMessage(result.get()));
    }
    return PQgetvalue(result.get(), 0, 0);
  }

  // Whether they agree in number.
  bool CompareCount(const char* what, int real, size_t annotated) {
    if (static_cast<size_t>(real) == annotated) return true;
    Complain("has " + std::to_string(real) + " " + what + "s, annotated are " +
             std::to_string(annotated));
    return false;
  }

  void CompareType(const std::string& what, Oid real, const std::string& annotated) {
    const std::string type = Ask("SELECT format_type(" + std::to_string(real) + ", NULL)");
    if (type != annotated) Complain(what + " is " + type + ", annotated is " + annotated);
  }

  void CheckParameters(const PGresult* described) {
    const auto& parameters = query_->parameters;
    const int count = PQnparams(described);
    if (!CompareCount("parameter", count, parameters.size())) return;
    for (int i = 0; i < count; ++i) {
      const QueryInfo::Value& value = parameters[static_cast<size_t>(i)];
      CompareType("parameter " + value.name, PQparamtype(described, i), value.type);
    }
  }

  void CheckColumns(const PGresult* described) {
    const int count = PQnfields(described);
    if (!CompareCount("column", count, query_->columns.size())) return;
    static const std::regex kOuterJoin(R"(\b(left|right|full)\s+(outer\s+)?join\b)",
                                       std::regex::icase);
    const bool outer_join = std::regex_search(query_->sql, kOuterJoin);
    for (int i = 0; i < count; ++i) {
      const QueryInfo::Value& value = query_->columns[static_cast<size_t>(i)];
      CompareType("column " + value.name, PQftype(described, i), value.type);
      const Oid table = PQftable(described, i);
      if (table == InvalidOid) continue;
      const bool not_null =
          Ask("SELECT attnotnull FROM pg_attribute WHERE attrelid = " + std::to_string(table) +
              " AND attnum = " + std::to_string(PQftablecol(described, i))) == "t";
      if (!not_null && !value.nullable) {
        Complain("column " + value.name + " may be null and is not annotated so");
      }
      if (not_null && value.nullable && !outer_join) {
        Complain("column " + value.name + " is annotated null and never is");
      }
    }
  }

  const std::unique_ptr<PGconn, decltype(&PQfinish)> connection_;
  const QueryInfo* query_ = nullptr;
};

}  // namespace

std::vector<std::string> CheckQueries(const std::string& url,
                                      const std::vector<QueryInfo>& queries) {
  Checker checker(url);
  for (const QueryInfo& query : queries) checker.Check(query);
  return std::move(checker.complaints);
}

}  // namespace trellis::postgres::testing
