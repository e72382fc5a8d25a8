#ifndef SERVICES_ENQUEUE_TESTING_BATCHER_FIXTURE_H_
#define SERVICES_ENQUEUE_TESTING_BATCHER_FIXTURE_H_

#include <optional>
#include <string>
#include <vector>

#include "services/enqueue/enqueue_batcher.h"
#include "services/enqueue/lua_scripts.h"
#include "services/enqueue/testing/redis_fixture.h"

namespace trellis::enqueue::testing {

using Jobs = std::vector<NewJob>;
using Outcome = absl::StatusOr<std::vector<EnqueueResult>>;

// One request to a batcher.
struct Wish {
  Jobs jobs;
  base::Deadline deadline = base::Deadline::Infinite();
  std::string queue = "messages";
};

inline Jobs JobsOf(int count, const std::string& message = "m") {
  return Jobs(static_cast<size_t>(count), NewJob{.message = message});
}

// Enqueues all in one turn of the reactor; their answers in the same order.
inline std::vector<Outcome> EnqueueTogether(boost::asio::io_context& context,
                                            EnqueueBatcher& batcher,
                                            const std::vector<Wish>& wishes) {
  std::vector<std::optional<Outcome>> answers(wishes.size());
  size_t left = wishes.size();
  for (size_t i = 0; i < wishes.size(); ++i) {
    boost::asio::co_spawn(context,
                          batcher.Enqueue(wishes[i].queue, wishes[i].jobs, wishes[i].deadline),
                          [&answers, &left, i](const std::exception_ptr& thrown, Outcome outcome) {
                            EXPECT_FALSE(thrown);
                            answers[i] = std::move(outcome);
                            --left;
                          });
  }
  context.restart();
  const base::Deadline deadline = base::Deadline::After(milliseconds(20'000));
  while (left > 0 && !deadline.Expired()) {
    context.run_one_for(milliseconds(100));
    if (context.stopped()) context.restart();
  }
  std::vector<Outcome> outcomes;
  for (auto& answer : answers) {
    outcomes.push_back(answer ? std::move(*answer) : Outcome(absl::UnknownError("no answer")));
  }
  return outcomes;
}

// Hands commands on and counts them.
class CountingClient final : public redis::Client {
 public:
  explicit CountingClient(redis::Client& client) : client_(client) {}
  boost::asio::awaitable<absl::StatusOr<redis::Reply>> Execute(redis::Command command,
                                                               base::Deadline deadline) override {
    ++commands_;
    return client_.Execute(std::move(command), deadline);
  }
  [[nodiscard]] int commands() const { return commands_; }

 private:
  redis::Client& client_;
  int commands_ = 0;
};

// On a Redis that knows the script, so that each call of it is one command.
class BatcherFixture : public RedisFixture {
 protected:
  BatcherFixture() { (void)redis_.Run({"SCRIPT", "LOAD", Lua().enqueue.source()}); }

  std::vector<Outcome> Together(const std::vector<Wish>& wishes, int64_t depth_limit = 1'000'000) {
    EnqueueBatcher batcher(client_, clock_, depth_limit);
    std::vector<Wish> all = wishes;
    for (Wish& wish : all) wish.deadline = base::Deadline::Min(wish.deadline, deadline_);
    return EnqueueTogether(context_, batcher, all);
  }
  std::vector<std::string> Ready(const std::string& queue = "messages") {
    const auto page = Await(queue_->List(queue, JobState::kReady, 1000, "", Soon()));
    EXPECT_TRUE(page.ok()) << page.status();
    std::vector<std::string> messages;
    for (const Job& job : page->jobs) messages.push_back(job.message);
    return messages;
  }

  const base::Deadline deadline_ = Soon();
  CountingClient client_{*connection_};
};

}  // namespace trellis::enqueue::testing

#endif  // SERVICES_ENQUEUE_TESTING_BATCHER_FIXTURE_H_
