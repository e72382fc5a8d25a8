#include <algorithm>
#include <charconv>
#include <map>

#include "mesh/postgres/migrator.h"

namespace trellis::postgres {
namespace {

struct FileName {
  int64_t version = 0;
  std::string_view name;
  bool up = false;
};

// <version>_<name>.up.sql or .down.sql
std::optional<FileName> ParseName(std::string_view text) {
  constexpr std::string_view kUp = ".up.sql";
  constexpr std::string_view kDown = ".down.sql";
  FileName file;
  file.up = text.ends_with(kUp);
  if (!file.up && !text.ends_with(kDown)) return std::nullopt;
  text.remove_suffix(file.up ? kUp.size() : kDown.size());
  if (text.empty() || text[0] < '0' || text[0] > '9') return std::nullopt;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), file.version);
  if (error != std::errc()) return std::nullopt;
  text.remove_prefix(static_cast<size_t>(end - text.data()));
  if (text.size() < 2 || text[0] != '_') return std::nullopt;
  file.name = text.substr(1);
  return file;
}

absl::Status Bad(std::string_view file, const std::string& why) {
  return base::MakeStatus(absl::StatusCode::kInvalidArgument,
                          "migration " + std::string(file) + ": " + why);
}

struct Pair {
  const SqlFile* up = nullptr;
  const SqlFile* down = nullptr;
  std::string_view name;
};

}  // namespace

absl::StatusOr<std::vector<Migration>> ParseMigrations(const std::vector<SqlFile>& files) {
  std::map<int64_t, Pair> pairs;
  for (const SqlFile& file : files) {
    const std::optional<FileName> parsed = ParseName(file.name);
    if (!parsed) return Bad(file.name, "must be called <version>_<name>.up.sql or .down.sql");
    Pair& pair = pairs[parsed->version];
    const SqlFile*& place = parsed->up ? pair.up : pair.down;
    const bool first = pair.up == nullptr && pair.down == nullptr;
    if (place != nullptr || (!first && pair.name != parsed->name)) {
      return Bad(file.name, "version " + std::to_string(parsed->version) + " is there twice");
    }
    place = &file;
    pair.name = parsed->name;
  }
  std::vector<Migration> migrations;
  for (const auto& [version, pair] : pairs) {
    if (pair.up == nullptr) return Bad(pair.down->name, "has no .up.sql");
    if (pair.down == nullptr) return Bad(pair.up->name, "has no .down.sql");
    migrations.push_back({version, std::string(pair.name), std::string(pair.up->text),
                          std::string(pair.down->text)});
  }
  return migrations;
}

}  // namespace trellis::postgres
