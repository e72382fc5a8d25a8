#include "clients/cli/command.h"

namespace trellis::cli {

size_t Command::GroupSize() const {
  const size_t space = name.find(' ');
  return space == std::string::npos ? 0 : space;
}

const Flag* Command::FindFlag(const std::string& flag_name) const {
  for (const Flag& flag : flags) {
    if (flag.name == flag_name) return &flag;
  }
  return nullptr;
}

const Command* FindCommand(const CommandTable& table, const std::string& name) {
  for (const Command& command : table) {
    if (command.name == name) return &command;
  }
  return nullptr;
}

std::vector<std::string> VerbsOf(const CommandTable& table, const std::string& group) {
  std::vector<std::string> verbs;
  for (const Command& command : table) {
    if (command.Group() == group) verbs.push_back(command.Verb());
  }
  return verbs;
}

}  // namespace trellis::cli
