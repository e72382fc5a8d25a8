#include "mesh/redis/command.h"

#include <charconv>

namespace trellis::redis {
namespace {

void AppendHeader(char kind, size_t number, std::string* out) {
  char digits[24];
  const auto [end, error] = std::to_chars(digits, digits + sizeof(digits), number);
  out->push_back(kind);
  out->append(digits, end);
  out->append("\r\n", 2);
}

}  // namespace

Command& Command::Arg(std::string_view text) {
  AppendHeader('$', text.size(), &body_);
  body_.append(text);
  body_.append("\r\n", 2);
  ++count_;
  return *this;
}

void Command::AppendTo(std::string* out) const {
  AppendHeader('*', static_cast<size_t>(count_), out);
  out->append(body_);
}

}  // namespace trellis::redis
