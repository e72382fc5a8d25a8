#ifndef MESH_REDIS_COMMAND_H_
#define MESH_REDIS_COMMAND_H_

#include <concepts>
#include <string>
#include <string_view>

namespace trellis::redis {

// One command in RESP2, built as it is written: each argument is encoded at once into one buffer,
// so a script call with a thousand arguments costs one allocation and no second pass.
class Command {
 public:
  explicit Command(std::string_view name) { Arg(name); }

  template <typename... Args>
  explicit Command(std::string_view name, const Args&... args) : Command(name) {
    (Arg(args), ...);
  }

  Command& Arg(std::string_view text);
  Command& Arg(std::integral auto number) { return Arg(std::string_view(std::to_string(number))); }

  [[nodiscard]] int argument_count() const { return count_; }
  // Appends the whole command as it goes over the wire.
  void AppendTo(std::string* out) const;
  void Reserve(size_t bytes) { body_.reserve(bytes); }

 private:
  std::string body_;
  int count_ = 0;
};

}  // namespace trellis::redis

#endif  // MESH_REDIS_COMMAND_H_
