#include "tests/support/ledger.h"

#include <map>
#include <set>
#include <utility>

namespace trellis::testing {
namespace {

constexpr size_t kMaxExamples = 10;

}  // namespace

std::ostream& operator<<(std::ostream& out, const Verdict& verdict) {
  out << "attempted " << verdict.attempted << ", acknowledged " << verdict.acknowledged
      << ", processed " << verdict.processed << ", lost " << verdict.lost << ", duplicated "
      << verdict.duplicated << ", unexpected " << verdict.unexpected << ", recovered "
      << verdict.recovered << ", set aside " << verdict.set_aside;
  for (const std::string& example : verdict.examples) out << "\n  " << example;
  return out;
}

void Ledger::Attempt(const std::string& message) {
  const std::lock_guard lock(mutex_);
  entries_.try_emplace(message);
}

void Ledger::Acknowledge(const std::string& message, const std::string& id) {
  const std::lock_guard lock(mutex_);
  Entry& entry = entries_[message];
  if (!std::exchange(entry.acknowledged, true)) ++acknowledged_;
  entry.id = id;
}

void Ledger::SetAside(const std::string& message) {
  const std::lock_guard lock(mutex_);
  entries_[message].set_aside = true;
}

int Ledger::acknowledged() const {
  const std::lock_guard lock(mutex_);
  return acknowledged_;
}

Verdict Ledger::Judge(const OutputFile& output) const {
  const std::lock_guard lock(mutex_);
  Verdict verdict;
  verdict.attempted = static_cast<int>(entries_.size());
  verdict.acknowledged = acknowledged_;
  verdict.unexpected = output.malformed;
  const auto note = [&verdict](const std::string& what) {
    if (verdict.examples.size() < kMaxExamples) verdict.examples.push_back(what);
  };
  std::map<std::string, std::string> messages;  // and when they were first written
  std::set<std::string> ids;
  for (const OutputLine& line : output.lines) {
    const auto entry = entries_.find(line.message);
    if (entry == entries_.end()) {
      ++verdict.unexpected;
      note("nobody sent " + line.id + " " + line.message.substr(0, 80));
    } else if (!entry->second.id.empty() && entry->second.id != line.id) {
      ++verdict.unexpected;
      note("acknowledged as " + entry->second.id + " but written as " + line.id);
    }
    const auto [first, new_message] = messages.try_emplace(line.message, line.time);
    if (ids.insert(line.id).second && new_message) continue;
    ++verdict.duplicated;
    note("twice, " + first->second + " and " + line.time + ": " + line.id + " " +
         line.message.substr(0, 80));
  }
  for (const auto& [message, entry] : entries_) {
    const bool processed = messages.contains(message);
    verdict.processed += processed;
    verdict.recovered += processed && !entry.acknowledged;
    if (processed || !entry.acknowledged) continue;
    if (entry.set_aside) {
      ++verdict.set_aside;
    } else {
      ++verdict.lost;
      note("lost: " + entry.id + " " + message.substr(0, 80));
    }
  }
  return verdict;
}

}  // namespace trellis::testing
