#include "clients/cli/arguments.h"

#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <optional>

#include "clients/cli/duration.h"
#include "clients/cli/flag_value.h"
#include "clients/cli/text.h"

namespace trellis::cli {
namespace {

absl::Status Wrong(const std::string& message) {
  return base::MakeStatus(absl::StatusCode::kInvalidArgument, message);
}

absl::Status UnknownFlag(const Command& command, const std::string& word) {
  std::vector<std::string> names{"--help"};
  for (const Flag& flag : command.flags) names.push_back("--" + flag.name);
  std::string message = "'" + word + "' is not a flag of " + command.name;
  const std::string suggestion = Suggest(word, names);
  if (!suggestion.empty()) return Wrong(message + "; did you mean " + suggestion + "?");
  if (word.starts_with("--") || command.positionals.empty()) return Wrong(message);
  return Wrong(message + "; text that begins with a dash goes after --");
}

}  // namespace

absl::StatusOr<Arguments> Arguments::Parse(const Command& command,
                                           const std::vector<std::string>& words,
                                           const decltype(Terminal::environment)& environment) {
  Arguments arguments(command);
  if (absl::Status status = arguments.ReadWords(words); !status.ok()) return status;
  if (absl::Status status = arguments.ReadVariables(environment); !status.ok()) return status;
  if (absl::Status status = arguments.CheckPositionals(); !status.ok()) return status;
  return arguments;
}

absl::Status Arguments::ReadWords(const std::vector<std::string>& words) {
  bool flags_end = false;
  for (size_t i = 0; i < words.size(); ++i) {
    if (!flags_end && words[i] == "--") {
      flags_end = true;
    } else if (flags_end || words[i] == "-" || !words[i].starts_with('-')) {
      positionals_.push_back(words[i]);
    } else if (absl::Status status = ReadFlag(words, &i); !status.ok()) {
      return status;
    }
  }
  return absl::OkStatus();
}

absl::Status Arguments::ReadFlag(const std::vector<std::string>& words, size_t* i) {
  const std::string& word = words[*i];
  const size_t equals = word.find('=');
  const std::string name = word.substr(0, equals);
  const Flag* flag = name.starts_with("--") ? command_->FindFlag(name.substr(2)) : nullptr;
  if (flag == nullptr) return UnknownFlag(*command_, name);
  std::string value;
  if (flag->kind == FlagKind::kSwitch) {
    if (equals != std::string::npos) return Wrong(name + " takes no value");
  } else if (equals != std::string::npos) {
    value = word.substr(equals + 1);
  } else if (*i + 1 < words.size() && !words[*i + 1].starts_with("--")) {
    value = words[++*i];
  } else {
    return Wrong(name + " needs a value: " + Expected(*flag));
  }
  if (absl::Status status = CheckValue(*flag, name, value); !status.ok()) return status;
  values_[flag->name] = value;
  if (flag->repeated) repeated_[flag->name].push_back(value);
  return absl::OkStatus();
}

absl::Status Arguments::ReadVariables(const decltype(Terminal::environment)& environment) {
  for (const Flag& flag : command_->flags) {
    if (flag.variable.empty() || Given(flag.name)) continue;
    const std::optional<std::string> value = environment(flag.variable);
    if (!value || value->empty()) continue;
    if (absl::Status status = CheckValue(flag, flag.variable, *value); !status.ok()) return status;
    variables_[flag.name] = *value;
  }
  return absl::OkStatus();
}

absl::Status Arguments::CheckPositionals() const {
  const auto& wanted = command_->positionals;
  for (size_t i = positionals_.size(); i < wanted.size(); ++i) {
    if (wanted[i].required) return Wrong(command_->name + " needs " + wanted[i].name);
  }
  const bool open = !wanted.empty() && wanted.back().repeated;
  if (!open && positionals_.size() > wanted.size()) {
    const std::string& extra = positionals_[wanted.size()];
    if (wanted.empty()) return Wrong("'" + extra + "': " + command_->name + " takes no arguments");
    return Wrong("'" + extra + "' is one argument too many; text with spaces needs quotes");
  }
  for (size_t i = 0; i < positionals_.size(); ++i) {
    const cli::Positional& positional = wanted[std::min(i, wanted.size() - 1)];
    const std::string& value = positionals_[i];
    if (!IsUtf8(value)) return Wrong(positional.name + ": '" + value + "' is not UTF-8 text");
    if (positional.choices.empty()) continue;
    const Flag as_choice{
        .name = positional.name, .kind = FlagKind::kChoice, .choices = positional.choices};
    absl::Status status = CheckValue(as_choice, positional.name, value);
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

const Flag& Arguments::FlagOf(const std::string& name, FlagKind kind) const {
  const Flag* flag = command_->FindFlag(name);
  if (flag != nullptr && flag->kind == kind) return *flag;
  std::cerr << "bug: " << command_->name << " declares no such flag: " << name << "\n";
  std::abort();
}

bool Arguments::On(const std::string& flag) const {
  return Given(FlagOf(flag, FlagKind::kSwitch).name);
}

std::string Arguments::Text(const std::string& name) const {
  const Flag* flag = command_->FindFlag(name);
  if (flag == nullptr) flag = &FlagOf(name, FlagKind::kText);
  for (const auto* source : {&values_, &variables_}) {
    if (const auto found = source->find(name); found != source->end()) return found->second;
  }
  return flag->default_value;
}

std::vector<std::string> Arguments::Texts(const std::string& flag) const {
  const auto found = repeated_.find(FlagOf(flag, FlagKind::kText).name);
  return found == repeated_.end() ? std::vector<std::string>() : found->second;
}

int Arguments::Number(const std::string& flag) const {
  const std::string text = Text(FlagOf(flag, FlagKind::kNumber).name);
  return text.empty() ? 0 : std::stoi(text);
}

base::milliseconds Arguments::Duration(const std::string& flag) const {
  const std::string text = Text(FlagOf(flag, FlagKind::kDuration).name);
  return ParseDuration(text).value_or(base::milliseconds(0));
}

std::string Arguments::Positional(size_t i) const {
  return i < positionals_.size() ? positionals_[i] : std::string();
}

}  // namespace trellis::cli
