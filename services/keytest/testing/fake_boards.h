#ifndef SERVICES_KEYTEST_TESTING_FAKE_BOARDS_H_
#define SERVICES_KEYTEST_TESTING_FAKE_BOARDS_H_

#include <deque>
#include <map>
#include <set>
#include <vector>

#include "services/keytest/deadline_board.h"
#include "services/keytest/run_board.h"

namespace trellis::keytest::testing {

// A board in memory whose keys are due as soon as they are added. Claims have no visibility: what
// was claimed is due again only when Confirm said that it failed, or Forget. Single-threaded.
class FakeDeadlineBoard final : public DeadlineBoard {
 public:
  void Add(const Event& event) { due_.push_back(event); }
  void AddHopeless(const Event& event) { hopeless_.push_back(event); }
  void SetAway(bool away) { away_ = away; }

  [[nodiscard]] boost::asio::awaitable<absl::StatusOr<Claimed>> Claim(
      int max, base::Deadline /*deadline*/) override {
    ++claims;
    if (away_) co_return absl::UnavailableError("away");
    Claimed claimed;
    while (!due_.empty() && claimed.due.size() < static_cast<size_t>(max)) {
      claimed.due.push_back(due_.front());
      pending_.insert(due_.front().n);
      due_.pop_front();
    }
    claimed.hopeless.swap(hopeless_);
    for (const Event& event : claimed.hopeless) pending_.insert(event.n);
    claimed.next = base::milliseconds(pending_.empty() && due_.empty() ? -1 : 0);
    co_return claimed;
  }
  [[nodiscard]] boost::asio::awaitable<absl::Status> Confirm(std::vector<Event> published,
                                                             std::vector<Event> failed,
                                                             base::Deadline /*deadline*/) override {
    if (away_) co_return absl::UnavailableError("away");
    for (const Event& event : published) confirmed.insert(event.n);
    for (const Event& event : failed) due_.push_back(event);
    co_return absl::OkStatus();
  }
  [[nodiscard]] boost::asio::awaitable<absl::StatusOr<std::vector<base::milliseconds>>> Record(
      std::vector<Event> events, base::Deadline /*deadline*/) override {
    ++records;
    if (away_) co_return absl::UnavailableError("away");
    std::vector<base::milliseconds> lateness;
    for (const Event& event : events) {
      const bool counts = pending_.erase(event.n) == 1;
      if (counts) recorded.push_back(event.n);
      lateness.emplace_back(counts ? 5 : -1);
    }
    co_return lateness;
  }
  [[nodiscard]] boost::asio::awaitable<absl::StatusOr<int64_t>> Bury(
      std::vector<Event> events, base::Deadline /*deadline*/) override {
    if (away_) co_return absl::UnavailableError("away");
    int64_t count = 0;
    for (const Event& event : events) {
      if (pending_.erase(event.n) == 0) continue;
      buried.push_back(event.n);
      ++count;
    }
    co_return count;
  }

  std::set<int64_t> confirmed;
  std::vector<int64_t> recorded, buried;
  int claims = 0, records = 0;

 private:
  std::deque<Event> due_;
  std::vector<Event> hopeless_;
  std::set<int64_t> pending_;
  bool away_ = false;
};

}  // namespace trellis::keytest::testing

#endif  // SERVICES_KEYTEST_TESTING_FAKE_BOARDS_H_
