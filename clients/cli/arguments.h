#ifndef CLIENTS_CLI_ARGUMENTS_H_
#define CLIENTS_CLI_ARGUMENTS_H_

#include <map>
#include <string>
#include <vector>

#include "clients/cli/command.h"
#include "clients/cli/terminal.h"
#include "mesh/base/clock.h"
#include "mesh/base/status.h"

namespace trellis::cli {

// What the user gave to one command, checked against its table: flag > variable > default. Asking
// for a flag that the command does not declare, or as another kind, is a bug and aborts. The
// command is borrowed. Immutable.
class Arguments {
 public:
  // `words` follow the verb. Flags stand anywhere as --name value or --name=value until a lone
  // "--". INVALID_ARGUMENT says in one line what is wrong and what is expected.
  [[nodiscard]] static absl::StatusOr<Arguments> Parse(
      const Command& command, const std::vector<std::string>& words,
      const decltype(Terminal::environment)& environment);

  [[nodiscard]] const Command& command() const { return *command_; }
  // On the command line, whatever the variable says.
  [[nodiscard]] bool Given(const std::string& flag) const { return values_.contains(flag); }
  [[nodiscard]] bool On(const std::string& flag) const;  // of a switch
  [[nodiscard]] std::string Text(const std::string& flag) const;
  // All values of a repeated flag, in their order.
  [[nodiscard]] std::vector<std::string> Texts(const std::string& flag) const;
  [[nodiscard]] int Number(const std::string& flag) const;
  [[nodiscard]] base::milliseconds Duration(const std::string& flag) const;
  [[nodiscard]] const std::vector<std::string>& positionals() const { return positionals_; }
  // The i-th, or "" when there are fewer.
  [[nodiscard]] std::string Positional(size_t i) const;

 private:
  explicit Arguments(const Command& command) : command_(&command) {}

  [[nodiscard]] absl::Status ReadWords(const std::vector<std::string>& words);
  [[nodiscard]] absl::Status ReadFlag(const std::vector<std::string>& words, size_t* i);
  [[nodiscard]] absl::Status ReadVariables(const decltype(Terminal::environment)& environment);
  [[nodiscard]] absl::Status CheckPositionals() const;
  [[nodiscard]] const Flag& FlagOf(const std::string& name, FlagKind kind) const;

  const Command* command_;
  std::map<std::string, std::string> values_;  // given
  std::map<std::string, std::vector<std::string>> repeated_;
  std::map<std::string, std::string> variables_;  // found in the environment
  std::vector<std::string> positionals_;
};

}  // namespace trellis::cli

#endif  // CLIENTS_CLI_ARGUMENTS_H_
