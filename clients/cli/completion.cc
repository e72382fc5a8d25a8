#include "clients/cli/completion.h"

#include "clients/cli/cli.h"

namespace trellis::cli {
namespace {

std::string Join(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : " ") + word;
  return text;
}

// Choices for the word after a flag; nothing for other values, so that no flag is offered there.
std::string ValueCases(const Command& command) {
  std::string text;
  for (const Flag& flag : command.flags) {
    if (flag.kind == FlagKind::kSwitch) continue;
    text +=
        "    '" + command.name + " --" + flag.name + "') words='" + Join(flag.choices) + "' ;;\n";
  }
  return text;
}

std::string WordCase(const Command& command) {
  std::vector<std::string> words;
  for (const Positional& positional : command.positionals) {
    words.insert(words.end(), positional.choices.begin(), positional.choices.end());
  }
  for (const Flag& flag : command.flags) words.push_back("--" + flag.name);
  words.push_back("--help");
  return "        '" + command.name + "') words='" + Join(words) + "' ;;\n";
}

}  // namespace

std::string BashCompletion(const CommandTable& table) {
  std::vector<std::string> top = VerbsOf(table, "");
  top.insert(top.end(), FrontDoorVerbs().begin(), FrontDoorVerbs().end());
  std::string groups;
  std::string values;
  std::string words;
  for (const Command& command : table) {
    if (command.IsGroup()) {
      groups += "    " + command.name + ")\n      if ((COMP_CWORD == 2)); then words='" +
                Join(VerbsOf(table, command.name)) +
                "'; else verb=\"$verb ${COMP_WORDS[2]}\"; fi ;;\n";
      continue;
    }
    values += ValueCases(command);
    words += WordCase(command);
  }
  return "# For bash: source <(./trellis completion bash)\n"
         "_trellis() {\n"
         "  local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]}\n"
         "  local verb=${COMP_WORDS[1]} words=''\n"
         "  COMPREPLY=()\n"
         "  if ((COMP_CWORD == 1)); then words='" +
         Join(top) +
         "'; fi\n"
         "  case $verb in\n" +
         groups +
         "  esac\n"
         "  [[ -n $words ]] || case \"$verb $previous\" in\n" +
         values +
         "    *)\n"
         "      case $verb in\n" +
         words +
         "      esac ;;\n"
         "  esac\n"
         "  mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$current\")\n"
         "}\n"
         "complete -F _trellis trellis trellis-cli\n";
}

}  // namespace trellis::cli
