#ifndef SERVICES_WEATHER_TESTING_FAKE_REQUEST_CHANNEL_H_
#define SERVICES_WEATHER_TESTING_FAKE_REQUEST_CHANNEL_H_

#include <deque>
#include <string>
#include <vector>

#include "services/weather/request_channel.h"

namespace trellis::weather::testing {

// Answers with what the test has put there, each after some time of the test's clock; the last
// answer stays. Single-threaded.
class FakeRequestChannel final : public RequestChannel {
 public:
  struct Planned {
    absl::StatusOr<Reply> reply = Reply{"body", "worker"};
    milliseconds takes{0};
  };
  explicit FakeRequestChannel(base::ManualClock& clock) : clock_(clock) {}

  Async<Reply> Call(Request request, base::Deadline /*deadline*/) override {
    ids.push_back(request.id);
    const Planned planned = plan.front();
    if (plan.size() > 1) plan.pop_front();
    clock_.Advance(planned.takes);
    co_return planned.reply;
  }

  std::deque<Planned> plan = {{}};
  std::vector<std::string> ids;

 private:
  base::ManualClock& clock_;
};

}  // namespace trellis::weather::testing

#endif  // SERVICES_WEATHER_TESTING_FAKE_REQUEST_CHANNEL_H_
