#include "mesh/base/options.h"

#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <optional>
#include <sstream>

namespace trellis::base {
namespace {

std::optional<int64_t> ParseInt(std::string_view text) {
  int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<double> ParseDouble(std::string_view text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

// As short as it can be.
std::string FormatDouble(double value) {
  char text[32];
  return std::string(text, std::to_chars(text, text + sizeof text, value).ptr);
}

std::optional<milliseconds> ParseDuration(std::string_view text) {
  int64_t value = 0;
  const char* const last = text.data() + text.size();
  const auto [end, error] = std::from_chars(text.data(), last, value);
  if (error != std::errc() || value < 0) return std::nullopt;
  const std::string_view unit(end, static_cast<size_t>(last - end));
  int64_t factor = 0;
  if (unit.empty() || unit == "ms") factor = 1;
  if (unit == "s") factor = 1000;
  if (unit == "m") factor = 60 * 1000;
  if (unit == "h") factor = 60 * 60 * 1000;
  if (factor == 0 || value > INT64_MAX / 1000 / factor) return std::nullopt;
  return milliseconds(value * factor);
}

std::string FormatDuration(milliseconds duration) {
  const int64_t ms = duration.count();
  if (ms % 1000 != 0 || ms == 0) return std::to_string(ms) + "ms";
  return std::to_string(ms / 1000) + "s";
}

std::optional<bool> ParseBool(std::string_view text) {
  if (text == "true" || text == "1" || text == "yes" || text == "on") return true;
  if (text == "false" || text == "0" || text == "no" || text == "off") return false;
  return std::nullopt;
}

absl::Status Bad(std::string_view name, std::string_view value, std::string_view expected) {
  return MakeStatus(
      absl::StatusCode::kInvalidArgument,
      std::string(name).append(": '").append(value).append("' is not ").append(expected));
}

}  // namespace

absl::StatusOr<std::string> NormalizeAddress(std::string_view text) {
  const absl::Status error =
      MakeStatus(absl::StatusCode::kInvalidArgument,
                 "'" + std::string(text) + "' is not host:port, :port or port");
  const size_t colon = text.rfind(':');
  const std::string_view host = colon == text.npos ? "127.0.0.1" : text.substr(0, colon);
  const std::string_view port = colon == text.npos ? text : text.substr(colon + 1);
  const auto number = ParseInt(port);
  if (!number || *number < 0 || *number > 65535) return error;
  const bool bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
  if (!bracketed && host.find_first_of(":[] /") != host.npos) return error;
  return std::string(host.empty() ? "0.0.0.0" : host) + ":" + std::to_string(*number);
}

absl::StatusOr<HostPort> SplitAddress(std::string_view text) {
  absl::StatusOr<std::string> address = NormalizeAddress(text);
  if (!address.ok()) return address.status();
  const size_t colon = address->rfind(':');
  HostPort result{address->substr(0, colon),
                  static_cast<uint16_t>(std::stoi(address->substr(colon + 1)))};
  if (result.host.front() == '[') result.host = result.host.substr(1, result.host.size() - 2);
  return result;
}

void OptionTable::Add(std::string flag, std::string variable, std::string* target,
                      std::string help) {
  AddOption({.flag = std::move(flag),
             .variable = std::move(variable),
             .expected = "text",
             .default_text = *target,
             .help = std::move(help),
             .set = [target](const std::string& v) { return *target = v, true; }});
}

void OptionTable::Add(std::string flag, std::string variable, bool* target, std::string help) {
  AddOption({.flag = std::move(flag),
             .variable = std::move(variable),
             .expected = "true or false",
             .default_text = *target ? "true" : "false",
             .help = std::move(help),
             .is_bool = true,
             .set = [target](const std::string& v) {
               const auto value = ParseBool(v);
               if (value) *target = *value;
               return value.has_value();
             }});
}

void OptionTable::Add(std::string flag, std::string variable, int* target, int min, int max,
                      std::string help) {
  AddOption(
      {.flag = std::move(flag),
       .variable = std::move(variable),
       .expected = "a whole number from " + std::to_string(min) + " to " + std::to_string(max),
       .default_text = std::to_string(*target),
       .help = std::move(help),
       .set = [target, min, max](const std::string& v) {
         const auto value = ParseInt(v);
         if (!value || *value < min || *value > max) return false;
         *target = static_cast<int>(*value);
         return true;
       }});
}

void OptionTable::Add(std::string flag, std::string variable, double* target, double min,
                      double max, std::string help) {
  AddOption({.flag = std::move(flag),
             .variable = std::move(variable),
             .expected = "a number from " + FormatDouble(min) + " to " + FormatDouble(max),
             .default_text = FormatDouble(*target),
             .help = std::move(help),
             .set = [target, min, max](const std::string& v) {
               const auto value = ParseDouble(v);
               if (!value || !(*value >= min && *value <= max)) return false;  // also not a number
               *target = *value;
               return true;
             }});
}

void OptionTable::Add(std::string flag, std::string variable, milliseconds* target,
                      std::string help) {
  AddOption({.flag = std::move(flag),
             .variable = std::move(variable),
             .expected = "a duration in milliseconds or with a unit, such as 250ms, 5s or 2m",
             .default_text = FormatDuration(*target),
             .help = std::move(help),
             .set = [target](const std::string& v) {
               const auto value = ParseDuration(v);
               if (value) *target = *value;
               return value.has_value();
             }});
}

void OptionTable::AddChoice(std::string flag, std::string variable, std::string* target,
                            std::vector<std::string> choices, std::string help) {
  std::string expected = "one of";
  for (const std::string& choice : choices) expected += " " + choice;
  AddOption({.flag = std::move(flag),
             .variable = std::move(variable),
             .expected = std::move(expected),
             .default_text = *target,
             .help = std::move(help),
             .set = [target, choices = std::move(choices)](const std::string& v) {
               for (const std::string& choice : choices) {
                 if (choice == v) return *target = v, true;
               }
               return false;
             }});
}

void OptionTable::AddAddress(std::string flag, std::string variable, std::string* target,
                             std::string help) {
  AddOption({.flag = std::move(flag),
             .variable = std::move(variable),
             .expected = "host:port, :port or port",
             .default_text = *target,
             .help = std::move(help),
             .set = [target](const std::string& v) {
               const auto address = NormalizeAddress(v);
               if (address.ok()) *target = *address;
               return address.ok();
             }});
}

void OptionTable::AddSecret(std::string flag, std::string variable, std::string* target,
                            std::string help) {
  AddOption({.flag = std::move(flag),
             .variable = variable,
             .expected = "text",
             .default_text = "",
             .help = std::move(help) + " (or " + variable + "_FILE)",
             .is_secret = true,
             .set = [target](const std::string& v) { return *target = v, true; }});
}

const OptionTable::Option* OptionTable::Find(std::string_view flag) const {
  for (const Option& option : options_) {
    if (option.flag == flag) return &option;
  }
  return nullptr;
}

absl::Status OptionTable::ReadSecretFile(const Option& option) {
  const char* path = environment_(option.variable + "_FILE");
  if (path == nullptr || *path == '\0') return absl::OkStatus();
  std::ifstream file(path);
  file.peek();  // a directory can be opened but not read
  std::stringstream text;
  text << file.rdbuf();
  if (!file) return Bad(option.variable + "_FILE", path, "a readable file");
  std::string value = text.str();
  if (value.ends_with('\n')) value.pop_back();
  option.set(value);
  return absl::OkStatus();
}

absl::Status OptionTable::ReadVariables() {
  for (const Option& option : options_) {
    if (option.variable.empty()) continue;
    if (option.is_secret) {
      if (absl::Status status = ReadSecretFile(option); !status.ok()) return status;
    }
    const char* value = environment_(option.variable);
    if (value == nullptr || *value == '\0') continue;
    if (!option.set(value)) {
      return Bad(option.variable, option.is_secret ? "***" : value, option.expected);
    }
  }
  return absl::OkStatus();
}

absl::Status OptionTable::Parse(const std::vector<std::string>& args) {
  if (absl::Status status = ReadVariables(); !status.ok()) return status;
  for (size_t i = 0; i < args.size(); ++i) {
    const std::string& arg = args[i];
    if (!arg.starts_with("--")) {
      return MakeStatus(absl::StatusCode::kInvalidArgument,
                        "'" + arg + "' is not a flag; see --help");
    }
    const size_t equals = arg.find('=');
    std::string name = arg.substr(2, equals == arg.npos ? arg.npos : equals - 2);
    const Option* option = Find(name);
    std::optional<std::string> value;
    if (equals != arg.npos) value = arg.substr(equals + 1);
    if (option == nullptr && !value && name.starts_with("no-")) {
      option = Find(name.substr(3));
      if (option != nullptr && !option->is_bool) option = nullptr;
      value = "false";
    }
    if (option == nullptr) {
      return MakeStatus(absl::StatusCode::kInvalidArgument,
                        "--" + name + " is not a flag of " + program_ + "; see --help");
    }
    if (!value && option->is_bool) value = "true";
    if (!value && i + 1 < args.size()) value = args[++i];
    if (!value) {
      return MakeStatus(absl::StatusCode::kInvalidArgument,
                        "--" + name + " needs a value: " + option->expected);
    }
    if (!option->set(*value)) return Bad("--" + name, *value, option->expected);
  }
  return absl::OkStatus();
}

std::string OptionTable::Help() const {
  size_t flag_width = 6;
  size_t variable_width = 8;
  size_t default_width = 7;
  for (const Option& option : options_) {
    flag_width = std::max(flag_width, option.flag.size() + 2);
    variable_width = std::max(variable_width, option.variable.size());
    default_width = std::max(default_width, option.default_text.size());
  }
  const auto pad = [](std::string text, size_t width) {
    text.resize(std::max(text.size(), width), ' ');
    return text + "  ";
  };
  std::string help = program_ + ": " + summary_ + "\n\n  " + pad("flag", flag_width) +
                     pad("variable", variable_width) + pad("default", default_width) + "meaning\n";
  for (const Option& option : options_) {
    help += "  " + pad("--" + option.flag, flag_width) + pad(option.variable, variable_width) +
            pad(option.default_text, default_width) + option.help + "\n";
  }
  return help + "\nA flag wins over its variable, a variable over the default.\n";
}

void OptionTable::ParseOrExit(int argc, char** argv) {
  const std::vector<std::string> args(argv + 1, argv + argc);
  for (const std::string& arg : args) {
    if (arg != "--help" && arg != "-h") continue;
    std::fputs(Help().c_str(), stdout);
    std::exit(0);
  }
  const absl::Status status = Parse(args);
  if (status.ok()) return;
  std::fprintf(stderr, "%s: %s\n", program_.c_str(), MessageOf(status).c_str());
  std::exit(2);
}

}  // namespace trellis::base
