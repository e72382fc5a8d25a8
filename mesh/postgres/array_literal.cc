#include "mesh/postgres/array_literal.h"

namespace trellis::postgres {

void ArrayLiteral::Separate() {
  if (text_.size() > 1) text_ += ',';
}

void ArrayLiteral::Add(std::string_view element) {
  Separate();
  text_ += '"';
  for (const char c : element) {
    if (c == '"' || c == '\\') text_ += '\\';
    text_ += c;
  }
  text_ += '"';
}

void ArrayLiteral::Add(int64_t element) {
  Separate();
  text_ += std::to_string(element);
}

}  // namespace trellis::postgres
