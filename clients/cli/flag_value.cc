#include "clients/cli/flag_value.h"

#include <algorithm>
#include <charconv>
#include <optional>

#include "clients/cli/duration.h"
#include "clients/cli/text.h"
#include "mesh/base/options.h"

namespace trellis::cli {
namespace {

bool IsNumberWithin(const std::string& value, int min, int max) {
  int number = 0;
  const char* const last = value.data() + value.size();
  const auto [end, error] = std::from_chars(value.data(), last, number);
  return error == std::errc() && end == last && number >= min && number <= max;
}

// host:port, or a name of one of gRPC's resolvers (gRPC Name Resolution, doc/naming.md).
bool IsAddress(const std::string& value) {
  for (const char* scheme : {"dns:", "unix:", "ipv4:", "ipv6:"}) {
    if (value.starts_with(scheme)) return value.size() > std::string_view(scheme).size();
  }
  return value.find(':') != std::string::npos && base::NormalizeAddress(value).ok();
}

bool Fits(const Flag& flag, const std::string& value) {
  switch (flag.kind) {
    case FlagKind::kSwitch:
      return value.empty();
    case FlagKind::kText:
      return IsUtf8(value);
    case FlagKind::kNumber:
      return IsNumberWithin(value, flag.min, flag.max);
    case FlagKind::kDuration:
      return ParseDuration(value).has_value();
    case FlagKind::kChoice:
      return std::find(flag.choices.begin(), flag.choices.end(), value) != flag.choices.end();
    case FlagKind::kAddress:
      return IsAddress(value);
  }
  return false;
}

}  // namespace

std::string OneOf(const std::vector<std::string>& choices) {
  std::string text = "one of ";
  for (const std::string& choice : choices) text += (text.size() > 7 ? ", " : "") + choice;
  return text;
}

std::string Expected(const Flag& flag) {
  switch (flag.kind) {
    case FlagKind::kSwitch:
      return "nothing";
    case FlagKind::kText:
      return "UTF-8 text";
    case FlagKind::kNumber:
      return "a whole number from " + std::to_string(flag.min) + " to " + std::to_string(flag.max);
    case FlagKind::kDuration:
      return kDurationForm;
    case FlagKind::kChoice:
      return OneOf(flag.choices);
    case FlagKind::kAddress:
      return "host:port";
  }
  return "";
}

absl::Status CheckValue(const Flag& flag, std::string_view source, const std::string& value) {
  if (Fits(flag, value)) return absl::OkStatus();
  std::string message = std::string(source) + ": '" + value + "' is not " + Expected(flag);
  const std::string suggestion = Suggest(value, flag.choices);
  if (!suggestion.empty()) message += "; did you mean " + suggestion + "?";
  return base::MakeStatus(absl::StatusCode::kInvalidArgument, message);
}

}  // namespace trellis::cli
