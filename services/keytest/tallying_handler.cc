#include "services/keytest/tallying_handler.h"

#include "services/keytest/lua_scripts.h"

namespace trellis::keytest {

namespace asio = boost::asio;
using base::Deadline;
using base::milliseconds;

namespace {

constexpr milliseconds kPatience{2000};

}  // namespace

asio::awaitable<std::vector<absl::Status>> TallyingHandler::Handle(
    const std::vector<Event>& events) {
  redis::Command call = Lua().tally.Call(1);
  call.Arg(key_);
  for (const Event& event : events) call.Arg(event.n);
  const auto reply = co_await Lua().tally.Run(client_, std::move(call), Deadline::After(kPatience));
  // Redis that does not answer in time is as good as away, and none of the events is to blame.
  const absl::Status away =
      base::MakeStatus(absl::StatusCode::kUnavailable, base::MessageOf(reply.status()));
  std::vector<absl::Status> statuses(
      events.size(), absl::IsDeadlineExceeded(reply.status()) ? away : reply.status());
  if (!reply.ok()) co_return statuses;
  for (size_t i = 0; i < events.size(); ++i) {
    const redis::ReplyView answer = (*reply)[i];
    if (answer.Integer() != 1) statuses[i] = redis::StatusFromError(answer.Text());
  }
  co_return statuses;
}

}  // namespace trellis::keytest
