#include "mesh/postgres/migrator.h"

#include <algorithm>

#include "mesh/postgres/impl/migration_session.h"

namespace trellis::postgres {

using absl::StatusCode;
using base::Deadline;
using impl::MigrationSession;

namespace {

std::vector<Migration> Sorted(std::vector<Migration> migrations) {
  std::sort(migrations.begin(), migrations.end(),
            [](const Migration& a, const Migration& b) { return a.version < b.version; });
  return migrations;
}

// The index of the version among ours, -1 when nothing is applied.
absl::StatusOr<int> IndexOf(const Migrator::State& state,
                            const std::vector<Migration>& migrations) {
  if (state.dirty) {
    return base::MakeStatus(StatusCode::kFailedPrecondition,
                            "the schema is dirty at version " +
                                std::to_string(state.version.value_or(0)) +
                                ": a step has begun and not ended; look, then force a version");
  }
  if (!state.version) return -1;
  for (size_t i = 0; i < migrations.size(); ++i) {
    if (migrations[i].version == *state.version) return static_cast<int>(i);
  }
  return base::MakeStatus(StatusCode::kFailedPrecondition,
                          "the schema has version " + std::to_string(*state.version) +
                              ", which this program does not know: a newer one was here");
}

}  // namespace

Migrator::Migrator(std::string url, std::vector<Migration> migrations, std::string table)
    : url_(std::move(url)), migrations_(Sorted(std::move(migrations))), table_(std::move(table)) {}

void Migrator::set_on_step(std::function<void(const Migration& migration, bool up)> on_step) {
  on_step_ = std::move(on_step);
}

absl::Status Migrator::Up(Deadline deadline) {
  return Move([this](int) { return static_cast<int>(migrations_.size()) - 1; }, deadline);
}

absl::Status Migrator::Down(int steps, Deadline deadline) {
  if (steps < 0) return base::MakeStatus(StatusCode::kInvalidArgument, "steps must not be < 0");
  return Move([steps](int index) { return std::max(-1, index - std::min(steps, index + 1)); },
              deadline);
}

absl::Status Migrator::Goto(int64_t version, Deadline deadline) {
  for (size_t i = 0; i < migrations_.size(); ++i) {
    if (migrations_[i].version != version) continue;
    return Move([i](int) { return static_cast<int>(i); }, deadline);
  }
  return base::MakeStatus(StatusCode::kNotFound,
                          "there is no migration " + std::to_string(version));
}

absl::Status Migrator::Move(const std::function<int(int)>& target, Deadline deadline) {
  auto session = MigrationSession::Open(url_, table_, deadline);
  if (!session.ok()) return session.status();
  if (absl::Status locked = (*session)->Lock(); !locked.ok()) return locked;
  const auto state = (*session)->Read();
  if (!state.ok()) return state.status();
  const auto found = IndexOf(*state, migrations_);
  if (!found.ok()) return found.status();
  int index = *found;
  const int end = target(index);
  while (index != end) {
    const bool up = index < end;
    const Migration& migration = migrations_[static_cast<size_t>(up ? index + 1 : index)];
    index += up ? 1 : -1;
    std::optional<int64_t> then;
    if (index >= 0) then = migrations_[static_cast<size_t>(index)].version;
    if (deadline.Expired()) {
      return base::MakeStatus(
          StatusCode::kDeadlineExceeded,
          "the deadline passed before migration " + std::to_string(migration.version));
    }
    if (absl::Status made = (*session)->Step(migration, up, then); !made.ok()) return made;
    if (on_step_) on_step_(migration, up);
  }
  (*session)->Unlock();
  return absl::OkStatus();
}

absl::Status Migrator::Force(std::optional<int64_t> version, Deadline deadline) {
  auto session = MigrationSession::Open(url_, table_, deadline);
  if (!session.ok()) return session.status();
  if (absl::Status locked = (*session)->Lock(); !locked.ok()) return locked;
  absl::Status written = (*session)->Write(version, false);
  (*session)->Unlock();
  return written;
}

absl::StatusOr<Migrator::State> Migrator::Version(Deadline deadline) {
  const auto session = MigrationSession::Open(url_, table_, deadline);
  if (!session.ok()) return session.status();
  return (*session)->Read();
}

}  // namespace trellis::postgres
