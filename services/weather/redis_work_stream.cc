#include "services/weather/redis_work_stream.h"

#include "services/weather/lua_scripts.h"

namespace trellis::weather {

namespace asio = boost::asio;
using base::Deadline;
using redis::Command;
using redis::ReplyView;

namespace {

constexpr milliseconds kCallTimeout{2000};

Work WorkOf(std::string_view entry, int64_t deliveries, ReplyView fields) {
  Work work;
  work.ref = {std::string(entry), deliveries};
  for (size_t i = 0; i + 1 < fields.size(); i += 2) {
    const std::string_view name = fields[i].Text();
    const ReplyView value = fields[i + 1];
    if (name == "id") work.id = value.Text();
    if (name == "deadline") work.deadline_ms = value.Integer();
    if (name == "reply") work.reply_stream = value.Text();
    if (name == "body") work.body = value.Text();
    if (name == "trace") {
      const std::string_view trace = value.Text();
      const size_t space = std::min(trace.find(' '), trace.size());
      work.traceparent = trace.substr(0, space);
      work.request_id = trace.substr(std::min(space + 1, trace.size()));
    }
  }
  return work;
}

bool IsMissingGroup(const absl::Status& status) {
  return base::MessageOf(status).find("NOGROUP") != std::string::npos;
}

}  // namespace

Command RedisWorkStream::Call(const redis::Script& script) const {
  return std::move(
      script.Call(1).Arg(options_.request_stream).Arg(options_.group).Arg(options_.consumer));
}

asio::awaitable<absl::Status> RedisWorkStream::MakeGroup(Deadline deadline) {
  // From the start of the stream: requests that came before the group are answered too.
  Command create("XGROUP", "CREATE", options_.request_stream, options_.group, "0", "MKSTREAM");
  const auto made = co_await commands_.Execute(std::move(create), deadline);
  if (!made.ok() && base::MessageOf(made.status()).find("BUSYGROUP") == std::string::npos) {
    co_return made.status();
  }
  co_return absl::OkStatus();
}

asio::awaitable<absl::Status> RedisWorkStream::KnowClock() {
  if (generation_ == commands_.generation() && stream_clock_.known()) co_return absl::OkStatus();
  co_return co_await SyncClock(Deadline::After(kCallTimeout));
}

Async<std::vector<Work>> RedisWorkStream::Read(int want, milliseconds patience) {
  const absl::Status known = co_await KnowClock();
  if (!known.ok()) co_return known;
  Command read("XREADGROUP", "GROUP", options_.group, options_.consumer, "COUNT", want, "BLOCK",
               std::max<int64_t>(patience.count(), 1), "STREAMS", options_.request_stream, ">");
  const absl::StatusOr<redis::Reply> reply =
      co_await blocking_.Execute(std::move(read), Deadline::After(patience + kCallTimeout));
  std::vector<Work> works;
  if (!reply.ok() && IsMissingGroup(reply.status())) {
    const absl::Status made = co_await MakeGroup(Deadline::After(kCallTimeout));
    if (!made.ok()) co_return made;
    co_return works;
  }
  if (!reply.ok()) co_return reply.status();
  if (reply->size() == 0) co_return works;
  const ReplyView entries = (*reply)[0][1];
  works.reserve(entries.size());
  // A first delivery is number 1.
  for (size_t i = 0; i < entries.size(); ++i) {
    works.push_back(WorkOf(entries[i][0].Text(), 1, entries[i][1]));
  }
  co_return works;
}

Async<WorkStream::Claimed> RedisWorkStream::Claim(int want, Deadline deadline) {
  const absl::Status known = co_await KnowClock();
  if (!known.ok()) co_return known;
  Command call = Call(Lua().claim);
  call.Arg(options_.claim_idle.count()).Arg(claim_from_).Arg(want);
  const absl::StatusOr<redis::Reply> reply =
      co_await Lua().claim.Run(commands_, std::move(call), deadline);
  if (!reply.ok()) co_return reply.status();
  claim_from_ = (*reply)[0].Text();
  Claimed claimed;
  claimed.more = claim_from_ != "0-0";
  for (size_t i = 1; i < reply->size(); ++i) {
    const ReplyView entry = (*reply)[i];
    claimed.works.push_back(WorkOf(entry[0].Text(), entry[1].Integer(), entry[2]));
  }
  co_return claimed;
}

Async<std::vector<AnswerResult>> RedisWorkStream::Send(const std::vector<Answer>& answers,
                                                       Deadline deadline) {
  Command call = Call(Lua().answer);
  for (const Answer& answer : answers) {
    call.Arg(answer.ref.entry).Arg(answer.ref.deliveries).Arg(answer.reply_stream).Arg(answer.id);
    call.Arg(static_cast<int>(answer.body.status().code()));
    call.Arg(answer.body.ok() ? *answer.body : base::MessageOf(answer.body.status()));
  }
  const absl::StatusOr<redis::Reply> reply =
      co_await Lua().answer.Run(commands_, std::move(call), deadline);
  if (!reply.ok()) co_return reply.status();
  std::vector<AnswerResult> results;
  for (size_t i = 0; i < reply->size(); ++i) {
    results.push_back(static_cast<AnswerResult>((*reply)[i].Integer()));
  }
  co_return results;
}

Async<int> RedisWorkStream::OnRefs(const redis::Script& script, const std::vector<WorkRef>& refs,
                                   Deadline deadline) {
  Command call = Call(script);
  for (const WorkRef& ref : refs) call.Arg(ref.entry).Arg(ref.deliveries);
  const absl::StatusOr<redis::Reply> reply =
      co_await script.Run(commands_, std::move(call), deadline);
  if (!reply.ok()) co_return reply.status();
  co_return static_cast<int>(reply->Integer());
}

Async<int> RedisWorkStream::Renew(const std::vector<WorkRef>& refs, Deadline deadline) {
  co_return co_await OnRefs(Lua().renew, refs, deadline);
}

Async<int> RedisWorkStream::Release(const std::vector<WorkRef>& refs, Deadline deadline) {
  co_return co_await OnRefs(Lua().release, refs, deadline);
}

asio::awaitable<absl::Status> RedisWorkStream::SyncClock(Deadline deadline) {
  const base::SteadyTime asked = clock_.Now();
  const uint64_t generation = commands_.generation();
  const absl::StatusOr<redis::Reply> reply = co_await commands_.Execute(Command("TIME"), deadline);
  if (!reply.ok()) co_return reply.status();
  // Not before another look is there: what is in hand is judged by the last that was known.
  if (generation != generation_) stream_clock_.Forget();
  generation_ = generation;
  stream_clock_.Observe(asked, (*reply)[0].Integer() * 1000 + (*reply)[1].Integer() / 1000);
  co_return absl::OkStatus();
}

milliseconds RedisWorkStream::TimeLeft(const Work& work) const {
  return milliseconds(work.deadline_ms - stream_clock_.LatestNow(clock_.Now()));
}

Async<int> RedisWorkStream::Sweep(std::string leaving, Deadline deadline) {
  Command call = Lua().sweep.Call(1);
  call.Arg(options_.request_stream).Arg(options_.group).Arg(options_.consumer_ttl.count());
  call.Arg(leaving);
  const absl::StatusOr<redis::Reply> reply =
      co_await Lua().sweep.Run(commands_, std::move(call), deadline);
  if (!reply.ok()) co_return reply.status();
  co_return static_cast<int>(reply->Integer());
}

Async<WorkStream::Kept> RedisWorkStream::Upkeep(Deadline deadline) {
  Command call = Lua().trim.Call(1);
  call.Arg(options_.request_stream);
  const absl::StatusOr<redis::Reply> trimmed =
      co_await Lua().trim.Run(commands_, std::move(call), deadline);
  if (!trimmed.ok()) co_return trimmed.status();
  const absl::StatusOr<int> gone = co_await Sweep("", deadline);
  if (!gone.ok()) co_return gone.status();
  co_return Kept{static_cast<int>(trimmed->Integer()), *gone};
}

asio::awaitable<absl::Status> RedisWorkStream::Leave(Deadline deadline) {
  const absl::StatusOr<int> gone = co_await Sweep(options_.consumer, deadline);
  co_return gone.status();
}

}  // namespace trellis::weather
