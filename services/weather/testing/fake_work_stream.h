#ifndef SERVICES_WEATHER_TESTING_FAKE_WORK_STREAM_H_
#define SERVICES_WEATHER_TESTING_FAKE_WORK_STREAM_H_

#include <algorithm>
#include <deque>
#include <map>
#include <string>
#include <vector>

#include "mesh/base/sleep.h"
#include "services/weather/work_stream.h"

namespace trellis::weather::testing {

// A WorkStream in memory, with faults on demand. Single-threaded.
class FakeWorkStream final : public WorkStream {
 public:
  void Add(const std::string& id, milliseconds time = milliseconds(60'000)) {
    Work work;
    work.ref = {id, 1};
    work.id = id;
    work.reply_stream = "replies";
    work.body = id;
    ready.push_back(work);
    time_left[id] = time;
  }

  Async<std::vector<Work>> Read(int want, milliseconds patience) override {
    if (away) co_return absl::UnavailableError("away");
    std::vector<Work> works = Take(&ready, want);
    if (works.empty()) co_await base::Sleep(std::min(patience, milliseconds(2)));
    co_return works;
  }
  Async<Claimed> Claim(int want, base::Deadline /*deadline*/) override {
    if (away) co_return absl::UnavailableError("away");
    renewed_before_claim = renewed;
    Claimed claimed{Take(&left_by_others, want), false};
    claimed.more = !left_by_others.empty();
    for (const Work& work : claimed.works) tokens[work.ref.entry] = work.ref.deliveries;
    claims += static_cast<int>(claimed.works.size());
    co_return claimed;
  }
  Async<std::vector<AnswerResult>> Send(const std::vector<Answer>& sent,
                                        base::Deadline /*deadline*/) override {
    ++sends;
    while (send_stalls) co_await base::Sleep(milliseconds(1));
    if (away) co_return absl::UnavailableError("away");
    const bool bad = std::any_of(sent.begin(), sent.end(),
                                 [this](const Answer& answer) { return answer.id == unsendable; });
    if (bad) co_return absl::InternalError("no");
    std::vector<AnswerResult> results;
    for (const Answer& answer : sent) {
      const bool refused = (refuse.contains(answer.id) && refuse[answer.id]) ||
                           answer.ref.deliveries < tokens[answer.ref.entry];
      results.push_back(refused ? AnswerResult::kRefused : AnswerResult::kDone);
      if (!refused) answers.push_back(answer);
    }
    if (std::exchange(lose_confirmation, false)) {
      for (const Answer& answer : sent) refuse[answer.id] = true;
      co_return absl::UnavailableError("lost");
    }
    co_return results;
  }
  Async<int> Renew(const std::vector<WorkRef>& refs, base::Deadline /*deadline*/) override {
    for (const WorkRef& ref : refs) ++renewed[ref.entry];
    co_return 0;
  }
  Async<int> Release(const std::vector<WorkRef>& refs, base::Deadline /*deadline*/) override {
    for (const WorkRef& ref : refs) released.push_back(ref.entry);
    co_return static_cast<int>(refs.size());
  }
  boost::asio::awaitable<absl::Status> SyncClock(base::Deadline /*deadline*/) override {
    ++syncs;
    while (clock_stalls) co_await base::Sleep(milliseconds(1));
    co_return absl::OkStatus();
  }
  milliseconds TimeLeft(const Work& work) const override { return time_left.at(work.id); }
  Async<Kept> Upkeep(base::Deadline /*deadline*/) override {
    ++upkeeps;
    co_return Kept{1, 2};
  }
  boost::asio::awaitable<absl::Status> Leave(base::Deadline /*deadline*/) override {
    left = true;
    co_return absl::OkStatus();
  }

  // While true, reads, claims and sends fail with UNAVAILABLE and do nothing.
  bool away = false;
  // The next send is done, but its answer is lost.
  bool lose_confirmation = false;
  // An answer to this id makes a whole send fail with INTERNAL.
  std::string unsendable;
  bool clock_stalls = false;
  bool send_stalls = false;
  std::map<std::string, bool> refuse;  // ids of which answers are refused
  std::map<std::string, milliseconds> time_left;
  std::deque<Work> ready, left_by_others;
  std::vector<Answer> answers;
  std::vector<std::string> released;
  std::map<std::string, int> renewed;
  std::map<std::string, int> renewed_before_claim;  // what it was at the latest claim
  std::map<std::string, int64_t> tokens;            // of entries that were claimed
  int claims = 0;                                   // entries
  int sends = 0;
  int syncs = 0;
  int upkeeps = 0;
  bool left = false;

 private:
  static std::vector<Work> Take(std::deque<Work>* from, int want) {
    std::vector<Work> works;
    for (; want > 0 && !from->empty(); --want) {
      works.push_back(std::move(from->front()));
      from->pop_front();
    }
    return works;
  }
};

}  // namespace trellis::weather::testing

#endif  // SERVICES_WEATHER_TESTING_FAKE_WORK_STREAM_H_
