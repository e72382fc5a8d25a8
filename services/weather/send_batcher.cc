#include "services/weather/send_batcher.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "services/weather/lua_scripts.h"
#include "services/weather/redis_errors.h"

namespace trellis::weather {

namespace asio = boost::asio;
using base::Deadline;
using redis::Command;

namespace {

// So that one script holds up Redis for little more than a millisecond.
constexpr size_t kBatch = 96;
// The callers' own timers end what takes longer than they have.
constexpr milliseconds kPatience{3000};

bool IsNoReplies(const absl::Status& status) {
  return base::MessageOf(status).find("NOREPLIES") != std::string::npos;
}

}  // namespace

void SendBatcher::Send(Request request, WaitingCallPtr call) {
  gathering_.push_back({std::move(request), std::move(call)});
  if (flushing_) return;
  flushing_ = true;
  asio::co_spawn(executor_, Flush(), asio::detached);
}

asio::awaitable<void> SendBatcher::Flush() {
  // Whoever else sends in this turn joins before this goes on.
  co_await asio::post(executor_, asio::use_awaitable);
  while (!gathering_.empty()) {
    std::vector<Item> items;
    if (gathering_.size() <= kBatch) {
      items = std::exchange(gathering_, {});
    } else {
      const auto end = gathering_.begin() + kBatch;
      items.assign(std::make_move_iterator(gathering_.begin()), std::make_move_iterator(end));
      gathering_.erase(gathering_.begin(), end);
    }
    co_await Exchange(std::move(items));
  }
  flushing_ = false;
}

asio::awaitable<void> SendBatcher::Exchange(std::vector<Item> items) {
  const base::SteadyTime now = std::chrono::steady_clock::now();
  // Those that ended while they waited for their turn are not sent at all.
  std::erase_if(items, [now](const Item& item) {
    return item.call->over() || item.call->deadline.Expired(now);
  });
  if (items.empty()) co_return;
  Command call = Lua().send.Call(1);
  call.Arg(options_.request_stream).Arg(options_.depth_limit).Arg(options_.reply_stream);
  call.Arg(clock_.known() ? std::to_string(clock_.LatestNow(now)) : "");
  for (const Item& item : items) {
    const Request& request = item.request;
    call.Arg(request.id).Arg(item.call->deadline.Remaining(now).count()).Arg(request.body);
    call.Arg(request.traceparent + " " + request.request_id);
  }
  const absl::StatusOr<redis::Reply> reply =
      co_await Lua().send.Run(client_, std::move(call), Deadline::After(kPatience));
  if (reply.ok()) clock_.Observe(now, (*reply)[0].Integer());
  if (IsNoReplies(reply.status())) on_no_replies_();
  for (size_t i = 0; i < items.size(); ++i) {
    WaitingCall& waiting = *items[i].call;
    if (!reply.ok()) {
      table_.Fail(waiting, ForCaller(reply.status()));
    } else if ((*reply)[i + 1].IsNil()) {
      table_.Fail(waiting, base::MakeStatus(absl::StatusCode::kResourceExhausted,
                                            "the stream '" + options_.request_stream +
                                                "' holds as many requests as it may"));
    } else {
      waiting.entry = (*reply)[i + 1].Text();
    }
  }
}

}  // namespace trellis::weather
