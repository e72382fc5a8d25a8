#ifndef CLIENTS_CLI_COMMAND_H_
#define CLIENTS_CLI_COMMAND_H_

#include <functional>
#include <string>
#include <vector>

#include "clients/cli/exit_code.h"

// The verbs as data: parsing, help and completion are derived from it. Values; immutable once made.
namespace trellis::cli {

class Arguments;
struct Context;

enum class FlagKind { kSwitch, kText, kNumber, kDuration, kChoice, kAddress };

struct Flag {
  std::string name;  // without the dashes
  FlagKind kind = FlagKind::kSwitch;
  std::string value = {};  // what stands for the value in help: NAME
  std::string help = {};
  std::string default_value = {};
  std::string variable = {};  // read when the flag is not given
  std::vector<std::string> choices = {};
  int min = 0;
  int max = 0;
  bool repeated = false;  // may be given several times; of others the last one counts
};

struct Positional {
  std::string name;  // TEXT
  std::string help = {};
  bool required = true;
  bool repeated = false;                  // only the last one
  std::vector<std::string> choices = {};  // for completion and checks; empty: anything
};

struct Example {
  std::string line;  // without "./trellis "
  std::string meaning = {};
};

struct Command {
  std::string name;  // "enqueue", or "queue ls" for a verb of a group
  std::string summary;
  std::vector<Example> examples = {};
  std::vector<Positional> positionals = {};
  std::vector<Flag> flags = {};  // --help is everybody's and not listed
  std::string notes = {};        // what else the help says; lines of its own
  // Does it and reports failures on the terminal's err. Absent in a group ("queue").
  std::function<ExitCode(const Arguments&, Context&)> run = {};

  [[nodiscard]] bool IsGroup() const { return !run; }
  // "queue" of "queue ls"; "" outside of groups.
  [[nodiscard]] std::string Group() const { return name.substr(0, GroupSize()); }
  // "ls" of "queue ls".
  [[nodiscard]] std::string Verb() const { return name.substr(GroupSize() ? GroupSize() + 1 : 0); }
  [[nodiscard]] const Flag* FindFlag(const std::string& flag_name) const;

 private:
  [[nodiscard]] size_t GroupSize() const;
};

// In the order of the help; a group stands before its verbs.
using CommandTable = std::vector<Command>;

[[nodiscard]] const Command* FindCommand(const CommandTable& table, const std::string& name);
// First words at the top, verbs of a group below it ("": top).
[[nodiscard]] std::vector<std::string> VerbsOf(const CommandTable& table, const std::string& group);

}  // namespace trellis::cli

#endif  // CLIENTS_CLI_COMMAND_H_
