#include "mesh/app/readiness.h"

#include "mesh/base/json_string.h"
#include "mesh/telemetry/log.h"

namespace trellis::app {

void Readiness::Put(const std::string& dependency, Entry entry) {
  {
    const std::lock_guard lock(mutex_);
    Entry& present = entries_[dependency];
    if (present.ready != entry.ready || present.detail != entry.detail) {
      telemetry::Log(entry.ready ? telemetry::Level::kInfo : telemetry::Level::kWarn,
                     entry.ready ? "dependency is there" : "waiting for dependency",
                     {{"dependency", dependency}, {"detail", entry.detail}});
    }
    present = std::move(entry);
  }
  Announce();
}

void Readiness::StartDraining() {
  {
    const std::lock_guard lock(mutex_);
    draining_ = true;
  }
  Announce();
}

void Readiness::Announce() {
  const std::lock_guard one_at_a_time(announcing_);
  const bool now = ready();
  if (now == announced_) return;
  announced_ = now;
  if (on_change_) on_change_(now);
}

bool Readiness::ReadyLocked() const {
  if (draining_) return false;
  for (const auto& [name, entry] : entries_) {
    if (entry.required && !entry.ready) return false;
  }
  return true;
}

bool Readiness::ready() const {
  const std::lock_guard lock(mutex_);
  return ReadyLocked();
}

std::map<std::string, bool> Readiness::Dependencies() const {
  const std::lock_guard lock(mutex_);
  std::map<std::string, bool> there;
  for (const auto& [name, entry] : entries_) there[name] = entry.ready;
  return there;
}

std::string Readiness::Json() const {
  const std::lock_guard lock(mutex_);
  std::string json = "{\"ready\":";
  json += ReadyLocked() ? "true" : "false";
  json += ",\"draining\":";
  json += draining_ ? "true" : "false";
  json += ",\"dependencies\":{";
  bool first = true;
  for (const auto& [name, entry] : entries_) {
    if (!first) json += ",";
    first = false;
    base::AppendJsonString(name, &json);
    json += entry.ready ? ":{\"ready\":true,\"detail\":" : ":{\"ready\":false,\"detail\":";
    base::AppendJsonString(entry.detail, &json);
    json += "}";
  }
  return json + "}}\n";
}

}  // namespace trellis::app
