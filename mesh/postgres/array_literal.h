#ifndef MESH_POSTGRES_ARRAY_LITERAL_H_
#define MESH_POSTGRES_ARRAY_LITERAL_H_

#include <cstdint>
#include <string>
#include <string_view>

namespace trellis::postgres {

// The text of a one-dimensional array, as a parameter of a statement: `unnest($1::text[])`.
// Elements are quoted as Postgres' manual says (8.15.6, Array Input and Output Syntax), so that any
// text is one, also "NULL" and the empty one. What Postgres does not take as text it does not take
// here either (INVALID_ARGUMENT): bytes that are not UTF-8, and NUL, at which the parameter ends,
// inside of quotes, so that it is malformed.
class ArrayLiteral {
 public:
  void Add(std::string_view element);
  void Add(int64_t element);
  [[nodiscard]] std::string text() const { return text_ + "}"; }

 private:
  void Separate();

  std::string text_ = "{";
};

}  // namespace trellis::postgres

#endif  // MESH_POSTGRES_ARRAY_LITERAL_H_
