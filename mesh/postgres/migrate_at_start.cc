#include "mesh/postgres/migrate_at_start.h"

#include "mesh/telemetry/log.h"

namespace trellis::postgres {
namespace {

constexpr base::milliseconds kAttempt{5000};
constexpr base::milliseconds kPause{300};

}  // namespace

MigrateAtStart::MigrateAtStart(Migrator migrator,
                               std::function<void(bool, const std::string&)> on_change)
    : migrator_(std::move(migrator)),
      on_change_(std::move(on_change)),
      thread_([this] { Run(); }) {}

MigrateAtStart::~MigrateAtStart() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  stop_.notify_one();
  thread_.join();
}

void MigrateAtStart::Run() {
  migrator_.set_on_step([](const Migration& migration, bool /*up*/) {
    telemetry::Log(telemetry::Level::kInfo, "migrated",
                   {{"version", migration.version}, {"name", migration.name}});
  });
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    lock.unlock();
    const absl::Status status = migrator_.Up(base::Deadline::After(kAttempt));
    on_change_(status.ok(), status.ok() ? "up to date" : base::MessageOf(status));
    lock.lock();
    if (status.ok()) return;
    stop_.wait_for(lock, kPause, [this] { return stopping_; });
  }
}

}  // namespace trellis::postgres
