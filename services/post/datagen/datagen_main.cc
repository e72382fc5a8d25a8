// post-datagen: composition root.
#include <unistd.h>

#include "mesh/base/options.h"
#include "services/post/datagen/loader.h"
#include "services/post/datagen/progress.h"
#include "services/post/schema.h"

namespace trellis::post::datagen {
namespace {

struct Settings {
  std::string db_url = "postgresql://127.0.0.1:5432/postgres";
  Shape shape;
  int connections = 2;
  int chunk = 20'000;

  void ParseOrExit(int argc, char** argv) {
    base::OptionTable table(
        "post-datagen",
        "Fills the database with users and posts, some users with many more "
        "posts than others.\nMay be stopped at any time, also with kill -9: the "
        "same command goes on where it was.");
    table.AddSecret("db-url", "DB_URL", &db_url,
                    "Postgres: postgresql://user:password@host:port/db");
    table.Add("users", "USERS", &shape.users, 1, 1'000'000, "users, called user1, user2, ...");
    table.Add("posts", "POSTS", &shape.posts, 1, 2'000'000'000, "posts in all");
    table.Add("skew", "SKEW", &shape.skew, 0, 10,
              "user k has a share in proportion to 1/k^SKEW; 0: all have the same");
    table.Add("seed", "SEED", &shape.seed, 0, INT32_MAX, "the same seed gives the same posts");
    table.Add("connections", "CONNECTIONS", &connections, 1, 100, "connections to Postgres");
    table.Add("chunk", "CHUNK", &chunk, 1, 10'000'000, "posts of one transaction");
    table.ParseOrExit(argc, argv);
  }
};

absl::Status Fill(const Settings& settings) {
  auto migrator = MakeMigrator(settings.db_url);
  if (!migrator.ok()) return migrator.status();
  absl::Status status = migrator->Up(base::Deadline::After(std::chrono::seconds(60)));
  if (!status.ok()) return status;
  const auto session = Session::Open(settings.db_url);
  if (!session.ok()) return session.status();
  status = LockRuns(**session);
  if (!status.ok()) return status;
  const auto run = BeginRun(**session, settings.shape, settings.chunk);
  if (!run.ok()) return run.status();
  if (run->finished) {
    std::printf("There already: %d users, %d posts from id %ld on.\n", settings.shape.users,
                settings.shape.posts, static_cast<long>(run->first_id));
    return absl::OkStatus();
  }
  status = HoldUsers(**session, *run);
  if (!status.ok()) return status;

  Loader loader(settings.db_url, settings.shape, *run, settings.connections);
  const base::SystemClock clock;
  Progress progress(stdout, isatty(STDOUT_FILENO) == 1, settings.shape.posts, loader.sent(), clock);
  status = loader.Load([&progress](int64_t posts) { progress.Show(posts); });
  progress.End(loader.sent());
  if (status.ok()) status = EndRun(**session, *run, settings.shape);
  if (!status.ok()) return status;
  std::printf("Done: %d users, %d posts from id %ld on.\n", settings.shape.users,
              settings.shape.posts, static_cast<long>(run->first_id));
  return absl::OkStatus();
}

int Main(int argc, char** argv) {
  Settings settings;
  settings.ParseOrExit(argc, argv);
  const absl::Status status = Fill(settings);
  if (status.ok()) return 0;
  std::fprintf(stderr, "post-datagen: %s\n", base::MessageOf(status).c_str());
  return 1;
}

}  // namespace
}  // namespace trellis::post::datagen

int main(int argc, char** argv) { return trellis::post::datagen::Main(argc, argv); }
