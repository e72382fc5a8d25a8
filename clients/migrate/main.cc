// trellis-migrate, which people reach as ./trellis migrate: the schemas of all services, by hand.
// The services bring their schema up to date by themselves when they start.
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "mesh/postgres/migrator.h"
#include "services/order/migrations.h"
#include "services/post/schema.h"

namespace trellis {
namespace {

using postgres::Migration;
using postgres::Migrator;

constexpr char kHelp[] =
    R"(trellis migrate up                       bring the schema to its newest version
trellis migrate version                  say at which it is
trellis migrate down 1                   take the last step back
trellis migrate goto 1
trellis migrate force 1                  only write down that it is there ("none": nothing is)
trellis migrate up --service order --db-url postgresql://user@host/database

--service    whose schema: order (default) or post; each has versions of its own
--db-url     where; default: DB_URL, or what the file DB_URL_FILE holds

Exit codes: 0 done, 1 it failed, 2 wrong usage. A step is a transaction: one that fails leaves
nothing behind. Whoever migrates holds a lock that the services respect.
)";
constexpr base::milliseconds kPatience{60'000};

struct Request {
  std::string verb;
  std::string argument;
  std::string service = "order";
  std::string db_url;
};

[[noreturn]] void Refuse(const std::string& why) {
  std::fprintf(stderr, "trellis migrate: %s; see trellis migrate --help\n", why.c_str());
  std::exit(2);
}

// As the services read theirs.
std::string DbUrlOrExit() {
  if (const char* url = std::getenv("DB_URL"); url != nullptr && *url != '\0') return url;
  const char* const path = std::getenv("DB_URL_FILE");
  if (path == nullptr || *path == '\0') return "";
  std::ifstream file(path);
  std::string url;
  if (!std::getline(file, url)) Refuse("DB_URL_FILE: cannot read '" + std::string(path) + "'");
  return url;
}

Request ParseOrExit(const std::vector<std::string>& words) {
  Request request;
  request.db_url = DbUrlOrExit();
  std::vector<std::string> plain;
  for (size_t i = 0; i < words.size(); ++i) {
    if (words[i] == "--help" || words[i] == "-h") {
      std::fputs(kHelp, stdout);
      std::exit(0);
    }
    if (words[i] == "--service" || words[i] == "--db-url") {
      if (i + 1 == words.size()) Refuse(words[i] + " wants a value");
      (words[i] == "--service" ? request.service : request.db_url) = words[i + 1];
      ++i;
    } else if (words[i].starts_with("-")) {
      Refuse("unknown flag '" + words[i] + "'");
    } else {
      plain.push_back(words[i]);
    }
  }
  const std::map<std::string, size_t> verbs = {
      {"up", 1}, {"version", 1}, {"down", 2}, {"goto", 2}, {"force", 2}};
  const auto verb = verbs.find(plain.empty() ? "" : plain[0]);
  if (verb == verbs.end()) Refuse("up, down, goto, force or version is expected");
  if (plain.size() != verb->second) {
    Refuse(plain[0] + (verb->second == 2 ? " wants one number" : " takes no argument"));
  }
  request.verb = plain[0];
  if (plain.size() == 2) request.argument = plain[1];
  if (request.db_url.empty()) Refuse("DB_URL or --db-url must say which database");
  return request;
}

int64_t NumberOrExit(const Request& request) {
  int64_t number = 0;
  const std::string& text = request.argument;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || number < 0) {
    Refuse(request.verb + ": '" + text + "' is not a number from 0 on");
  }
  return number;
}

absl::StatusOr<Migrator> MigratorOf(const Request& request) {
  if (request.service == "post") return post::MakeMigrator(request.db_url);
  if (request.service != "order") {
    Refuse("--service: '" + request.service + "' has no schema; order and post have");
  }
  auto migrations = postgres::ParseMigrations(order::MigrationFiles());
  if (!migrations.ok()) return migrations.status();
  return Migrator(request.db_url, *std::move(migrations));
}

absl::Status Do(const Request& request, Migrator& migrator) {
  const base::Deadline deadline = base::Deadline::After(kPatience);
  if (request.verb == "up") return migrator.Up(deadline);
  if (request.verb == "down") {
    return migrator.Down(static_cast<int>(NumberOrExit(request)), deadline);
  }
  if (request.verb == "goto") return migrator.Goto(NumberOrExit(request), deadline);
  if (request.verb == "force") {
    std::optional<int64_t> version;
    if (request.argument != "none") version = NumberOrExit(request);
    return migrator.Force(version, deadline);
  }
  const auto state = migrator.Version(deadline);
  if (!state.ok()) return state.status();
  const std::string version = state->version ? std::to_string(*state->version) : "none";
  std::printf("%s%s\n", version.c_str(), state->dirty ? " (dirty)" : "");
  return absl::OkStatus();
}

int Main(const std::vector<std::string>& words) {
  const Request request = ParseOrExit(words);
  absl::StatusOr<Migrator> migrator = MigratorOf(request);
  absl::Status status = migrator.status();
  if (status.ok()) {
    migrator->set_on_step([](const Migration& migration, bool up) {
      std::fprintf(stderr, "%s %lld %s\n", up ? "up" : "down",
                   static_cast<long long>(migration.version), migration.name.c_str());
    });
    status = Do(request, *migrator);
  }
  if (status.ok()) return 0;
  std::fprintf(stderr, "trellis migrate: %s\n", base::MessageOf(status).c_str());
  return 1;
}

}  // namespace
}  // namespace trellis

int main(int argc, char** argv) {
  return trellis::Main(std::vector<std::string>(argv + 1, argv + argc));
}
