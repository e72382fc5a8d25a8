#ifndef SERVICES_POST_DATAGEN_RUN_H_
#define SERVICES_POST_DATAGEN_RUN_H_

#include <optional>
#include <set>
#include <vector>

#include "services/post/datagen/rows.h"
#include "services/post/datagen/session.h"

// The record of a run (tables datagen_runs and datagen_chunks). A run counts as one write of each
// of its users: all its posts have the version to which the users' generations are raised when it
// begins, and they are raised once more, with rows in the invalidation outbox, when it ends. Until
// then caches may have lists that lack some of its posts.
namespace trellis::post::datagen {

struct Run {
  int64_t id = 0;
  int chunk_rows = 0;
  int64_t first_id = 0;  // of the post with number 1
  int64_t version = 0;
  bool finished = false;
  std::vector<int64_t> user_ids = {};
  std::set<int> done = {};  // chunks

  // How many there are in all.
  [[nodiscard]] int Chunks(const Shape& shape) const {
    return (shape.posts + chunk_rows - 1) / chunk_rows;
  }
};

// Makes sure that no other run is under way, also none of a process that was killed and whose
// transactions Postgres has not ended yet. FAILED_PRECONDITION: there is one. Holds until the
// session ends.
[[nodiscard]] absl::Status LockRuns(Session& session);
// What each connection of a run does first, so that LockRuns waits for its end.
[[nodiscard]] absl::Status JoinRun(Session& session);

// The run of this shape: a new one, for which users are made where there are none yet and ids of
// posts are set aside, or the one that has begun before.
[[nodiscard]] absl::StatusOr<Run> BeginRun(Session& session, const Shape& shape, int chunk_rows);

// Begins the transaction that EndRun commits. Meanwhile none of the users can be deleted.
// FAILED_PRECONDITION: one was, before.
[[nodiscard]] absl::Status HoldUsers(Session& session, const Run& run);

// All chunks are there, which is checked (INTERNAL): statistics, the users' generations, what
// caches must forget.
[[nodiscard]] absl::Status EndRun(Session& session, const Run& run, const Shape& shape);

}  // namespace trellis::post::datagen

#endif  // SERVICES_POST_DATAGEN_RUN_H_
