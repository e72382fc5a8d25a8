#ifndef MESH_POSTGRES_QUERY_H_
#define MESH_POSTGRES_QUERY_H_

#include <cstdint>
#include <optional>
#include <pqxx/except>
#include <pqxx/field>
#include <string>
#include <vector>

#include "mesh/postgres/array_literal.h"
#include "mesh/postgres/prepared.h"

// Typed queries: SQL in files of its own, turned into structs and functions at build time by
// codegen/generate_queries.py (trellis_queries() in cmake/queries.cmake), checked against the
// migrated schema by a test (testing/check_queries.h).
namespace trellis::postgres {

// What a file's annotations say of a query; types as Postgres shows them.
struct QueryInfo {
  struct Value {
    std::string name;
    std::string type;
    bool nullable = false;
  };
  std::string name;
  std::string file;
  int line = 0;
  std::string sql;
  std::vector<Value> parameters = {};
  std::vector<Value> columns = {};
};

// What generated code calls.
namespace impl {

inline int64_t Argument(int64_t value) { return value; }
inline int32_t Argument(int32_t value) { return value; }
inline bool Argument(bool value) { return value; }
// A parameter ends at a NUL, so a text that holds one is refused before it is cut short.
inline const std::string& Argument(const std::string& value) {
  if (value.find('\0') != std::string::npos) {
    throw pqxx::data_exception("a text holds a NUL, which Postgres does not take", "", "22021");
  }
  return value;
}
template <typename T>
std::string Argument(const std::vector<T>& values) {
  ArrayLiteral array;
  for (const T& value : values) array.Add(value);
  return array.text();
}

inline void Read(const pqxx::field& field, std::string* value) {
  if (field.is_null()) throw pqxx::conversion_error(std::string(field.name()) + " is null");
  value->assign(field.c_str(), field.size());
}
template <typename T>
void Read(const pqxx::field& field, T* value) {
  *value = field.as<T>();
}
template <typename T>
void Read(const pqxx::field& field, std::optional<T>* value) {
  if (!field.is_null()) Read(field, &value->emplace());
}

inline void CheckOneRow(const pqxx::result& rows, const char* name) {
  if (rows.size() == 1) return;
  throw pqxx::unexpected_rows(std::string(name) + " gave " + std::to_string(rows.size()) +
                              " rows where one was expected");
}

}  // namespace impl
}  // namespace trellis::postgres

#endif  // MESH_POSTGRES_QUERY_H_
