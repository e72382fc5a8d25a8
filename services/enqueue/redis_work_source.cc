#include "services/enqueue/redis_work_source.h"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "mesh/base/ids.h"
#include "mesh/telemetry/log.h"
#include "services/enqueue/lua_scripts.h"
#include "services/enqueue/stored_job.h"

namespace trellis::enqueue {

namespace asio = boost::asio;
using base::Deadline;
using redis::Command;
using redis::Reply;

namespace {

// How often a paused queue, or one that cannot be waited for, is looked at.
constexpr milliseconds kPoll{100};
constexpr int kVainWakes = 3;

asio::awaitable<void> Sleep(milliseconds duration) {
  asio::steady_timer timer(co_await asio::this_coro::executor, duration);
  boost::system::error_code ignored;
  co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
}

// From the answer to INFO: lines of "field:value\r\n".
std::string_view RunId(std::string_view info) {
  constexpr std::string_view kField = "\nrun_id:";
  const size_t at = info.find(kField);
  if (at == info.npos) return "";
  const size_t begin = at + kField.size();
  return info.substr(begin, info.find('\r', begin) - begin);
}

}  // namespace

Command RedisWorkSource::Call(const redis::Script& script) const {
  return std::move(script.Call(1).Arg(options_.queue).Arg(options_.worker));
}

Command RedisWorkSource::Call(const redis::Script& script,
                              const std::vector<ClaimRef>& jobs) const {
  Command call = Call(script);
  for (const ClaimRef& job : jobs) call.Arg(job.token).Arg(job.id);
  return call;
}

Async<ClaimedBatch> RedisWorkSource::Claim(int want, int holds, int64_t bytes, Deadline deadline) {
  Command call = Call(Lua().claim);
  call.Arg(want).Arg(base::NewUuidV7(clock_.WallNow()).substr(0, 32)).Arg(holds).Arg(bytes);
  const absl::StatusOr<Reply> reply =
      co_await Lua().claim.Run(commands_, std::move(call), deadline);
  if (!reply.ok()) co_return reply.status();
  ClaimedBatch batch;
  if (reply->size() == 0) co_return batch;
  const int64_t token = (*reply)[0].Integer();
  if (token < 0) {
    co_return base::MakeStatus(absl::StatusCode::kFailedPrecondition, "the worker has no lease");
  }
  batch.wants_empty_hands = token == 0;
  vain_wakes_ = 0;
  batch.jobs.reserve(reply->size() / 3);
  for (size_t i = 1; i + 2 < reply->size(); i += 3) {
    absl::StatusOr<StoredJob> stored = DecodeJob((*reply)[i + 1].Text());
    ClaimedJob job;
    job.ref = {std::string((*reply)[i].Text()), token};
    if (!stored.ok()) {
      // Nobody can run it: to the dead list with this reason.
      job.max_attempts = 1;
      telemetry::Log(telemetry::Level::kError, "a stored job cannot be read", {{"id", job.ref.id}});
      (void)co_await Fail(job, "the stored job cannot be read", milliseconds(0), deadline);
      continue;
    }
    const Tries tries = DecodeTries((*reply)[i + 2].Text());
    job.message = std::move(stored->message);
    job.enqueued_at = stored->enqueued_at;
    job.max_attempts = stored->max_attempts;
    job.traceparent = std::move(stored->traceparent);
    job.request_id = std::move(stored->request_id);
    job.attempts = tries.attempts;
    job.crashes = tries.crashes;
    job.redelivered = !(*reply)[i + 2].Text().empty();
    batch.jobs.push_back(std::move(job));
  }
  co_return batch;
}

asio::awaitable<void> RedisWorkSource::AwaitWork(milliseconds patience) {
  // Moving the front of the line to where it is changes nothing, and blocks while the line is
  // empty: it wakes for any client's push, without taking the job.
  Command wait("BLMOVE", options_.queue, options_.queue, "RIGHT", "RIGHT",
               std::to_string(static_cast<double>(patience.count()) / 1000));
  const absl::StatusOr<Reply> reply =
      co_await blocking_.Execute(std::move(wait), Deadline::After(patience + milliseconds(1000)));
  // Woken again and again for jobs that cannot be claimed (the queue is paused), or not able to
  // wait at all: do not spin.
  vain_wakes_ = reply.ok() && reply->IsNil() ? 0 : vain_wakes_ + 1;
  if (vain_wakes_ > kVainWakes) co_await Sleep(std::min(patience, kPoll));
}

Async<std::vector<std::string>> RedisWorkSource::Complete(const std::vector<ClaimRef>& jobs,
                                                          Deadline deadline) {
  Command call = Call(Lua().complete, jobs);
  const absl::StatusOr<Reply> reply =
      co_await Lua().complete.Run(commands_, std::move(call), deadline);
  if (!reply.ok()) co_return reply.status();
  std::vector<std::string> fenced;
  for (size_t i = 0; i < reply->size(); ++i) fenced.emplace_back((*reply)[i].Text());
  co_return fenced;
}

Async<bool> RedisWorkSource::Fail(const ClaimedJob& job, std::string reason, milliseconds delay,
                                  Deadline deadline) {
  Command call = Call(Lua().fail);
  call.Arg(job.ref.token).Arg(job.ref.id).Arg(reason).Arg(delay.count()).Arg(job.max_attempts);
  const absl::StatusOr<Reply> reply = co_await Lua().fail.Run(commands_, std::move(call), deadline);
  if (!reply.ok()) co_return reply.status();
  if (reply->Integer() == 0) {
    co_return base::MakeStatus(absl::StatusCode::kAborted, "somebody else has the job now");
  }
  co_return reply->Integer() == 2;
}

asio::awaitable<absl::Status> RedisWorkSource::Release(const std::vector<ClaimRef>& jobs,
                                                       Deadline deadline) {
  Command call = Call(Lua().release, jobs);
  const absl::StatusOr<Reply> reply =
      co_await Lua().release.Run(commands_, std::move(call), deadline);
  co_return reply.status();
}

asio::awaitable<absl::Status> RedisWorkSource::MeetServer(Deadline deadline) {
  const uint64_t generation = commands_.generation();
  if (generation_ == generation) co_return absl::OkStatus();
  const absl::StatusOr<Reply> info =
      co_await commands_.Execute(Command("INFO", "server"), deadline);
  if (!info.ok()) co_return info.status();
  if (generation_ == generation) co_return absl::OkStatus();  // another tick was first
  if (generation_ > 0) hands_off_until_ = clock_.Now() + options_.lease;
  generation_ = generation;
  run_id_ = RunId(info->Text());
  gone_since_.clear();
  co_return absl::OkStatus();
}

Async<TickResult> RedisWorkSource::Tick(Deadline deadline) {
  absl::Status met = co_await MeetServer(deadline);
  if (!met.ok()) co_return met;
  const base::SteadyTime now = clock_.Now();
  Command call = Call(Lua().tick);
  call.Arg(options_.lease.count()).Arg(commands_.client_id());
  call.Arg(now >= hands_off_until_ ? 1 : 0).Arg(run_id_);
  const absl::StatusOr<Reply> reply = co_await Lua().tick.Run(commands_, std::move(call), deadline);
  if (!reply.ok()) co_return reply.status();
  TickResult result;
  result.had_lease = (*reply)[0].Integer() == 1;
  result.held = static_cast<int>((*reply)[1].Integer());
  result.taken_over = static_cast<int>((*reply)[2].Integer());
  result.died = static_cast<int>((*reply)[3].Integer());
  if ((*reply)[4].Integer() == 0) {
    gone_since_.clear();
    co_return result;
  }
  Clients others;
  for (size_t i = 5; i + 1 < reply->size(); i += 2) {
    if ((*reply)[i].Text() == options_.worker) continue;
    others.emplace((*reply)[i].Text(), (*reply)[i + 1].Text());
  }
  const absl::StatusOr<TickResult> more = co_await TakeOverGone(others, now, deadline);
  if (!more.ok()) co_return more.status();
  result.taken_over += more->taken_over;
  result.died += more->died;
  co_return result;
}

Async<RedisWorkSource::Clients> RedisWorkSource::FindGone(const Clients& clients,
                                                          Deadline deadline) {
  if (clients.empty()) co_return clients;
  Command list("CLIENT", "LIST", "ID");
  for (const auto& [worker, client] : clients) list.Arg(client);
  const absl::StatusOr<Reply> reply = co_await commands_.Execute(std::move(list), deadline);
  if (!reply.ok()) co_return reply.status();
  // One line a connection: "id=7 addr=... name=<worker> ...". The name is looked at too, because a
  // restarted Redis hands out the same ids again.
  Clients gone;
  for (const auto& [worker, client] : clients) {
    if (reply->Text().find(" name=" + worker + " ") == std::string_view::npos) {
      gone.emplace(worker, client);
    }
  }
  co_return gone;
}

Async<TickResult> RedisWorkSource::TakeOverGone(const Clients& clients, base::SteadyTime now,
                                                Deadline deadline) {
  const absl::StatusOr<Clients> gone = co_await FindGone(clients, deadline);
  if (!gone.ok()) co_return gone.status();
  std::erase_if(gone_since_, [&](const auto& entry) { return !gone->contains(entry.first); });
  TickResult result;
  for (const auto& [worker, client] : *gone) {
    const base::SteadyTime since = gone_since_.try_emplace(worker, now).first->second;
    if (now - since < options_.reconnect_grace) continue;
    Command call = Lua().take_over.Call(1);
    call.Arg(options_.queue).Arg(worker).Arg(client);
    const absl::StatusOr<Reply> reply =
        co_await Lua().take_over.Run(commands_, std::move(call), deadline);
    if (!reply.ok()) co_return reply.status();
    gone_since_.erase(worker);
    result.taken_over += static_cast<int>((*reply)[0].Integer());
    result.died += static_cast<int>((*reply)[1].Integer());
  }
  co_return result;
}

Async<int> RedisWorkSource::Reconcile(const std::vector<ClaimRef>& known, Deadline deadline) {
  Command call = Call(Lua().reconcile, known);
  const absl::StatusOr<Reply> reply =
      co_await Lua().reconcile.Run(commands_, std::move(call), deadline);
  if (!reply.ok()) co_return reply.status();
  co_return static_cast<int>(reply->Integer());
}

asio::awaitable<absl::Status> RedisWorkSource::Leave(Deadline deadline) {
  const absl::StatusOr<Reply> reply =
      co_await Lua().leave.Run(commands_, Call(Lua().leave), deadline);
  co_return reply.status();
}

}  // namespace trellis::enqueue
