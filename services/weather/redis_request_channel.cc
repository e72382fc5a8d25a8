#include "services/weather/redis_request_channel.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <set>

#include "mesh/base/ids.h"
#include "mesh/base/sleep.h"
#include "mesh/telemetry/log.h"
#include "services/weather/lua_scripts.h"
#include "services/weather/redis_errors.h"

namespace trellis::weather {

namespace asio = boost::asio;
using base::Deadline;
using redis::Command;
using telemetry::Level;

namespace {

constexpr int kReadAtATime = 1000;
// Replies that may lie about before they are deleted; fewer wait for the next look at the stream.
constexpr size_t kTrimAfter = 4000;
// How long one wait for replies may take; also how late a stop may be noticed.
constexpr milliseconds kReadPatience{500};
constexpr milliseconds kCallTimeout{2000};
constexpr base::BackoffPolicy kErrorPause{milliseconds(10), milliseconds(250)};

}  // namespace

RedisRequestChannel::RedisRequestChannel(asio::any_io_executor executor,
                                         redis::Connection& commands, redis::Connection& blocking,
                                         ChannelMetrics& metrics, ChannelOptions options)
    : executor_(std::move(executor)),
      commands_(commands),
      blocking_(blocking),
      metrics_(metrics),
      options_(std::move(options)),
      sender_(
          executor_, commands_, table_, clock_,
          // Closed until it is there again.
          [this] {
            open_generation_ = 0;
            on_change_();
            wake_.cancel();
          },
          options_.send),
      wake_(executor_) {}

void RedisRequestChannel::Start() {
  loops_ = 2;
  asio::co_spawn(executor_, KeepLoop(), asio::detached);
  asio::co_spawn(executor_, ReadLoop(), asio::detached);
}

void RedisRequestChannel::OnConnected() { wake_.cancel(); }

asio::awaitable<bool> RedisRequestChannel::Stop(Deadline deadline) {
  stopping_ = true;
  wake_.cancel();
  while (loops_ > 0 && !deadline.Expired()) co_await base::Sleep(milliseconds(5));
  if (loops_ > 0) co_return false;
  // Nobody reads it any more; what does not get there is over after its time.
  (void)co_await commands_.Execute(Command("DEL", options_.send.reply_stream), deadline);
  co_return true;
}

Async<Reply> RedisRequestChannel::Call(Request request, Deadline deadline) {
  if (deadline.Expired()) co_return absl::DeadlineExceededError("no time was left");
  if (!open()) co_return absl::UnavailableError("Redis cannot be reached");
  const auto call = std::make_shared<WaitingCall>(executor_, request.id, deadline);
  table_.Add(call);
  metrics_.waiting.Increment();
  sender_.Send(std::move(request), call);
  boost::system::error_code ignored;
  co_await call->timer.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
  metrics_.waiting.Decrement();
  if (call->outcome) co_return *std::move(call->outcome);
  table_.Abandon(*call);
  if (deadline.Expired()) co_return absl::DeadlineExceededError("no reply in time");
  co_return absl::CancelledError("the caller went away");
}

Async<StreamStats> RedisRequestChannel::Stats(Deadline deadline) {
  Command call = Lua().stats.Call(2);
  call.Arg(options_.send.request_stream).Arg(options_.send.reply_stream).Arg(options_.group);
  const absl::StatusOr<redis::Reply> reply =
      co_await Lua().stats.Run(commands_, std::move(call), deadline);
  if (!reply.ok()) co_return ForCaller(reply.status());
  co_return StreamStats{.request_stream_length = (*reply)[0].Integer(),
                        .pending = (*reply)[1].Integer(),
                        .lag = (*reply)[2].Integer(),
                        .consumers = (*reply)[3].Integer(),
                        .reply_stream_length = (*reply)[4].Integer()};
}

asio::awaitable<void> RedisRequestChannel::ReadLoop() {
  int errors = 0;
  while (!stopping_) {
    const bool read = co_await ReadOnce();
    if (read) {
      errors = 0;
    } else {
      co_await base::Sleep(base::FullJitter(kErrorPause, errors++, base::RandomBits()));
    }
  }
  --loops_;
}

asio::awaitable<bool> RedisRequestChannel::ReadOnce() {
  Command read("XREAD", "COUNT", kReadAtATime, "BLOCK", kReadPatience.count(), "STREAMS",
               options_.send.reply_stream, cursor_.Text());
  const StreamId before = cursor_;
  const absl::StatusOr<redis::Reply> reply =
      co_await blocking_.Execute(std::move(read), Deadline::After(kReadPatience + kCallTimeout));
  if (!reply.ok()) co_return false;
  if (reply->size() == 0) co_return true;
  const redis::ReplyView entries = (*reply)[0][1];
  for (size_t i = 0; i < entries.size(); ++i) Take(entries[i]);
  // Put back to the start while this was under way: so were these, and they are read again.
  if (cursor_ == before) cursor_ = StreamId::Parse(entries[entries.size() - 1][0].Text());
  untrimmed_ += entries.size();
  if (untrimmed_ >= kTrimAfter) asio::co_spawn(executor_, Trim(), asio::detached);
  // Callers go first: what they send next leaves before the wait for more replies.
  for (int turns = 0; turns < 3; ++turns) co_await asio::post(executor_, asio::use_awaitable);
  co_return true;
}

void RedisRequestChannel::Take(redis::ReplyView entry) {
  std::string_view id, served_by;
  absl::StatusCode code = absl::StatusCode::kInternal;
  std::string_view text;
  const redis::ReplyView fields = entry[1];
  for (size_t i = 0; i + 1 < fields.size(); i += 2) {
    const std::string_view name = fields[i].Text();
    if (name == "id") id = fields[i + 1].Text();
    if (name == "served_by") served_by = fields[i + 1].Text();
    if (name == "code") code = static_cast<absl::StatusCode>(fields[i + 1].Integer());
    if (name == "body" || name == "error") text = fields[i + 1].Text();
    if (name == "body") code = absl::StatusCode::kOk;
  }
  absl::StatusOr<Reply> outcome = absl::UnknownError("");
  if (code == absl::StatusCode::kOk) {
    // Entries have the time of Redis in their ids.
    const auto written = static_cast<int64_t>(StreamId::Parse(entry[0].Text()).ms);
    outcome = Reply{std::string(text), std::string(served_by), written};
  } else {
    outcome = base::MakeStatus(code, text);
  }
  metrics_.Of(table_.Deliver(id, std::move(outcome))).Increment();
}

asio::awaitable<void> RedisRequestChannel::KeepLoop() {
  int errors = 0;
  while (!stopping_) {
    if (commands_.connected()) co_await Keep();
    const bool waits = (open() && !maybe_lost_) || !commands_.connected();
    errors = waits ? 0 : errors + 1;
    // A wake-up from before this wait is not lost: open() is looked at after it.
    wake_.expires_after(waits ? options_.keep
                              : base::FullJitter(kErrorPause, errors, base::RandomBits()));
    boost::system::error_code ignored;
    if (!stopping_) {
      co_await wake_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    }
  }
  --loops_;
}

asio::awaitable<void> RedisRequestChannel::Keep() {
  const bool was_open = open();
  const uint64_t generation = commands_.generation();
  const bool there = co_await OpenReplyStream();
  if (!there) co_return;
  open_generation_ = generation;
  if (!was_open) on_change_();
  if (!was_open || maybe_lost_) {
    maybe_lost_ = false;
    const bool found_out = co_await FailLost();
    if (!found_out) maybe_lost_ = true;
  }
  co_await Trim();
  const absl::StatusOr<StreamStats> stats = co_await Stats(Deadline::After(kCallTimeout));
  if (!stats.ok()) co_return;
  metrics_.stream_length.Set(static_cast<double>(stats->request_stream_length));
  metrics_.pending.Set(static_cast<double>(stats->pending));
  metrics_.lag.Set(static_cast<double>(stats->lag));
  metrics_.consumers.Set(static_cast<double>(stats->consumers));
}

asio::awaitable<bool> RedisRequestChannel::OpenReplyStream() {
  const base::SteadyTime asked = std::chrono::steady_clock::now();
  const uint64_t generation = commands_.generation();
  Command call = Lua().open.Call(1);
  call.Arg(options_.send.reply_stream).Arg(options_.reply_ttl.count());
  const absl::StatusOr<redis::Reply> reply =
      co_await Lua().open.Run(commands_, std::move(call), Deadline::After(kCallTimeout));
  if (!reply.ok()) co_return false;
  // It may be another Redis than before.
  if (generation != clock_generation_) clock_.Forget();
  clock_generation_ = generation;
  clock_.Observe(asked, (*reply)[2].Integer());
  if ((*reply)[0].Integer() == 1) maybe_lost_ = true;
  last_of_stream_ = StreamId::Parse((*reply)[1].Text());
  // A stream that is behind us has lost its newest entries or everything.
  if ((*reply)[0].Integer() == 1 || last_of_stream_ < cursor_) cursor_ = last_of_stream_;
  co_return true;
}

asio::awaitable<bool> RedisRequestChannel::FailLost() {
  std::vector<WaitingCallPtr> calls = table_.All();
  std::erase_if(calls, [](const WaitingCallPtr& call) { return call->entry.empty(); });
  if (calls.empty()) co_return true;
  Command ask = Lua().missing.Call(1);
  ask.Arg(options_.send.request_stream);
  for (const WaitingCallPtr& call : calls) ask.Arg(call->entry);
  const absl::StatusOr<redis::Reply> reply =
      co_await Lua().missing.Run(commands_, std::move(ask), Deadline::After(kCallTimeout));
  if (!reply.ok()) co_return false;
  if (reply->size() == 0) co_return true;
  std::set<std::string_view> missing;
  for (size_t i = 0; i < reply->size(); ++i) missing.insert((*reply)[i].Text());
  // A request that was answered is missing too: let the reader come to where the replies of all
  // those are.
  const bool there = co_await OpenReplyStream();
  if (!there) co_return false;
  const StreamId up_to = last_of_stream_;
  const Deadline patience = Deadline::After(kCallTimeout);
  while (cursor_ < up_to && !patience.Expired()) co_await base::Sleep(milliseconds(2));
  if (cursor_ < up_to) co_return false;
  int lost = 0;
  for (const WaitingCallPtr& call : calls) {
    if (call->outcome || !missing.contains(call->entry)) continue;
    ++lost;
    table_.Fail(*call, absl::UnavailableError("Redis has lost the request"));
  }
  if (lost == 0) co_return true;
  metrics_.lost.Increment(lost);
  telemetry::Log(Level::kWarn, "requests were lost with Redis' data", {{"count", lost}});
  co_return true;
}

asio::awaitable<void> RedisRequestChannel::Trim() {
  const size_t count = std::exchange(untrimmed_, 0);
  if (count == 0) co_return;
  Command trim("XTRIM", options_.send.reply_stream, "MINID", "=", cursor_.Next().Text());
  const auto reply = co_await commands_.Execute(std::move(trim), Deadline::After(kCallTimeout));
  if (!reply.ok()) untrimmed_ += count;
}

}  // namespace trellis::weather
