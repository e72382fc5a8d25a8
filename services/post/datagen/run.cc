#include "services/post/datagen/run.h"

#include <charconv>

namespace trellis::post::datagen {
namespace {

using absl::StatusCode;
using std::chrono::seconds;

// Advisory locks of pairs ("post", n): 1 is held by the run, 2 is shared by its connections.
constexpr char kTryRun[] = "SELECT pg_try_advisory_lock(1886352244, 1)";
constexpr char kTryAlone[] = "SELECT pg_try_advisory_lock(1886352244, 2)";
constexpr char kNotAlone[] = "SELECT pg_advisory_unlock(1886352244, 2)";
constexpr char kJoin[] = "SELECT pg_advisory_lock_shared(1886352244, 2)";

std::string Text(double value) {
  char text[32];
  return std::string(text, std::to_chars(text, text + sizeof text, value).ptr);
}

std::vector<std::string> Key(const Shape& shape) {
  return {std::to_string(shape.users), std::to_string(shape.posts), Text(shape.skew),
          std::to_string(shape.seed)};
}

absl::StatusOr<std::optional<Run>> FindRun(Session& session, const Shape& shape) {
  const auto rows = session.Query(
      "SELECT id, chunk_rows, first_id, version, finished FROM datagen_runs "
      "WHERE users = $1 AND posts = $2 AND skew = $3 AND seed = $4",
      Key(shape));
  if (!rows.ok()) return rows.status();
  if (rows->empty()) return std::nullopt;
  const std::vector<std::string>& row = (*rows)[0];
  Run run{.id = std::stoll(row[0]),
          .chunk_rows = std::stoi(row[1]),
          .first_id = std::stoll(row[2]),
          .version = std::stoll(row[3]),
          .finished = row[4] == "t"};
  const auto users =
      session.Query("SELECT unnest(user_ids) FROM datagen_runs WHERE id = $1", {row[0]});
  if (!users.ok()) return users.status();
  for (const auto& user : *users) run.user_ids.push_back(std::stoll(user[0]));
  const auto chunks = session.Query("SELECT chunk FROM datagen_chunks WHERE run = $1", {row[0]});
  if (!chunks.ok()) return chunks.status();
  for (const auto& chunk : *chunks) run.done.insert(std::stoi(chunk[0]));
  return run;
}

absl::Status MakeRun(Session& session, const Shape& shape, int chunk_rows) {
  // Who writes a post waits, so that nobody draws an id meanwhile.
  absl::Status status = session.Execute("LOCK TABLE posts IN SHARE ROW EXCLUSIVE MODE");
  if (!status.ok()) return status;
  status = session.Execute(
      "INSERT INTO users (username, email) "
      "SELECT 'user' || i, 'user' || i || '@example.com' FROM generate_series(1, $1::integer) AS i "
      "WHERE NOT EXISTS (SELECT FROM users WHERE username = 'user' || i) ORDER BY i",
      {std::to_string(shape.users)});
  if (!status.ok()) return status;
  std::vector<std::string> parameters = Key(shape);
  parameters.push_back(std::to_string(chunk_rows));
  const auto made = session.Query(
      "WITH chosen AS ("
      "  SELECT users.id, generation, i FROM generate_series(1, $1::integer) AS i"
      "  JOIN users ON username = 'user' || i FOR NO KEY UPDATE OF users"
      ") INSERT INTO datagen_runs "
      "  (users, posts, skew, seed, chunk_rows, first_id, version, user_ids) "
      "SELECT $1::integer, $2::bigint, $3::double precision, $4::bigint, $5::integer,"
      "  greatest((SELECT max(id) FROM posts),"
      "           (SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM posts_id_seq), 0) + "
      "1,"
      "  (SELECT max(generation) + 1 FROM chosen), (SELECT array_agg(id ORDER BY i) FROM chosen) "
      "RETURNING id",
      parameters);
  if (!made.ok()) return made.status();
  const std::string id = (*made)[0][0];
  status = session.Execute(
      "SELECT setval('posts_id_seq', first_id + posts - 1) FROM datagen_runs WHERE id = $1", {id});
  if (!status.ok()) return status;
  return session.Execute(
      "UPDATE users SET generation = version FROM datagen_runs AS run "
      "WHERE run.id = $1 AND users.id = ANY (user_ids)",
      {id});
}

}  // namespace

absl::Status LockRuns(Session& session) {
  absl::StatusOr<bool> locked = session.WaitFor(kTryRun, seconds(5));
  if (locked.ok() && *locked) {
    locked = session.WaitFor(kTryAlone, seconds(60));
    if (locked.ok() && *locked) return session.Execute(kNotAlone);
  }
  if (!locked.ok()) return locked.status();
  return base::MakeStatus(StatusCode::kFailedPrecondition,
                          "another post-datagen is at work in this database");
}

absl::Status JoinRun(Session& session) { return session.Execute(kJoin); }

absl::StatusOr<Run> BeginRun(Session& session, const Shape& shape, int chunk_rows) {
  absl::StatusOr<std::optional<Run>> run = FindRun(session, shape);
  if (!run.ok()) return run.status();
  if (*run) return **std::move(run);
  absl::Status status = session.Execute("BEGIN");
  if (status.ok()) status = MakeRun(session, shape, chunk_rows);
  if (status.ok()) status = session.Execute("COMMIT");
  if (!status.ok()) return status;
  run = FindRun(session, shape);
  if (!run.ok()) return run.status();
  return **std::move(run);
}

absl::Status HoldUsers(Session& session, const Run& run) {
  absl::Status status = session.Execute("BEGIN");
  if (!status.ok()) return status;
  const auto held = session.Query(
      "SELECT count(*) FROM (SELECT FROM users WHERE id = ANY ((SELECT user_ids FROM datagen_runs "
      "WHERE id = $1)::bigint[]) FOR KEY SHARE) AS held",
      {std::to_string(run.id)});
  if (!held.ok()) return held.status();
  if ((*held)[0][0] == std::to_string(run.user_ids.size())) return absl::OkStatus();
  return base::MakeStatus(StatusCode::kFailedPrecondition,
                          "users of the run that had begun were deleted: use another --seed");
}

absl::Status EndRun(Session& session, const Run& run, const Shape& shape) {
  const std::string id = std::to_string(run.id);
  const auto chunks = session.Query("SELECT count(*) FROM datagen_chunks WHERE run = $1", {id});
  if (!chunks.ok()) return chunks.status();
  if ((*chunks)[0][0] != std::to_string(run.Chunks(shape))) {
    return base::MakeStatus(StatusCode::kInternal, "there are " + (*chunks)[0][0] + " chunks of " +
                                                       std::to_string(run.Chunks(shape)));
  }
  absl::Status status = session.Execute("ANALYZE users, posts");
  if (!status.ok()) return status;
  status = session.Execute(
      "WITH raised AS ("
      "  UPDATE users SET generation = generation + 1"
      "  WHERE id = ANY ((SELECT user_ids FROM datagen_runs WHERE id = $1)::bigint[])"
      "  RETURNING id, generation"
      ") INSERT INTO cache_invalidations (user_id, generation) SELECT id, generation FROM raised",
      {id});
  if (!status.ok()) return status;
  status = session.Execute("UPDATE datagen_runs SET finished = true WHERE id = $1", {id});
  if (!status.ok()) return status;
  return session.Execute("COMMIT");
}

}  // namespace trellis::post::datagen
