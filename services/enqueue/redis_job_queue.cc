#include "services/enqueue/redis_job_queue.h"

#include <algorithm>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <charconv>

#include "mesh/base/backoff.h"
#include "mesh/base/ids.h"
#include "services/enqueue/lua_scripts.h"
#include "services/enqueue/stored_job.h"

namespace trellis::enqueue {
namespace {

using base::Deadline;
using redis::Command;
using redis::Reply;
using redis::ReplyView;

constexpr char kQueuesKey[] = "trellis:queues";
constexpr int kReadAttempts = 4;
constexpr base::BackoffPolicy kReadBackoff{milliseconds(20), milliseconds(200)};
constexpr size_t kRegisteredMax = 10'000;
// A list can be paged only by offset, whose cost grows with it.
constexpr int64_t kReadyOffsetMax = 10'000;

std::string Key(const std::string& queue, const char* name) { return "{" + queue + "}:" + name; }

const char* ScriptName(JobState state) {
  switch (state) {
    case JobState::kReady:
      return "ready";
    case JobState::kScheduled:
      return "scheduled";
    case JobState::kInFlight:
      return "held";
    case JobState::kRetrying:
      return "retry";
    case JobState::kDead:
      return "dead";
  }
  return "ready";
}

JobState StateFromScript(std::string_view name) {
  for (const JobState state :
       {JobState::kScheduled, JobState::kInFlight, JobState::kRetrying, JobState::kDead}) {
    if (name == ScriptName(state)) return state;
  }
  return JobState::kReady;
}

absl::StatusOr<Job> MakeJob(std::string_view id, std::string_view stored, std::string_view tries,
                            JobState state, ReplyView place) {
  absl::StatusOr<StoredJob> decoded = DecodeJob(stored);
  if (!decoded.ok()) return decoded.status();
  const Tries history = DecodeTries(tries);
  Job job;
  job.id = id;
  job.state = state;
  job.message = std::move(decoded->message);
  if (base::UnixMillis(decoded->enqueued_at) != 0) job.enqueued_at = decoded->enqueued_at;
  job.max_attempts = decoded->max_attempts;
  job.attempts = history.attempts;
  job.crashes = history.crashes;
  job.last_error = history.last_error;
  if (state == JobState::kInFlight) {
    job.worker = place.Text();
  } else if (state != JobState::kReady) {
    job.state_time = base::FromUnixMillis(place.Integer());
  }
  return job;
}

// Where a page starts: "<score>:<id>" of the job before it.
struct Cursor {
  std::string score;
  std::string id;
};

absl::StatusOr<Cursor> ParseToken(JobState state, const std::string& token) {
  if (token.empty()) return Cursor{"0", ""};
  const size_t colon = token.find(':');
  Cursor cursor{token.substr(0, colon), colon == token.npos ? "" : token.substr(colon + 1)};
  int64_t number = -1;
  const char* const end = cursor.score.data() + cursor.score.size();
  const auto [stop, error] = std::from_chars(cursor.score.data(), end, number);
  if (colon == token.npos || error != std::errc() || stop != end || number < 0) {
    return base::InvalidField("page_token", "is not one that this method returned");
  }
  if (state == JobState::kReady && number > kReadyOffsetMax) {
    return base::InvalidField("page_token",
                              "ready jobs can be listed only to the 10,000th in line");
  }
  return cursor;
}

std::string NextToken(JobState state, const Cursor& cursor, const JobPage& page,
                      ReplyView last_place) {
  const Job& last = page.jobs.back();
  switch (state) {
    case JobState::kReady: {
      const int64_t next = std::stoll(cursor.score) + static_cast<int64_t>(page.jobs.size());
      return next >= kReadyOffsetMax ? "" : std::to_string(next) + ":";
    }
    case JobState::kInFlight:
      return "0:" + last.id;
    default:
      return std::to_string(last_place.Integer()) + ":" + last.id;
  }
}

}  // namespace

boost::asio::awaitable<absl::Status> RedisJobQueue::Register(const std::string& queue,
                                                             Deadline deadline) {
  if (registered_.contains(queue)) co_return absl::OkStatus();
  Command add("SADD", kQueuesKey, queue);
  const absl::StatusOr<Reply> added = co_await client_.Execute(std::move(add), deadline);
  if (!added.ok()) co_return added.status();
  if (registered_.size() >= kRegisteredMax) registered_.clear();
  registered_.insert(queue);
  co_return absl::OkStatus();
}

Async<std::vector<EnqueueResult>> RedisJobQueue::Enqueue(std::string queue,
                                                         std::vector<NewJob> jobs,
                                                         Deadline deadline) {
  const absl::Status registered = co_await Register(queue, deadline);
  if (!registered.ok()) co_return registered;
  co_return co_await batcher_.Enqueue(std::move(queue), std::move(jobs), deadline);
}

Async<Reply> RedisJobQueue::Read(const redis::Script& script, Command call, Deadline deadline) {
  retries_.OnCall();
  for (int attempt = 1;; ++attempt) {
    absl::StatusOr<Reply> reply = co_await script.Run(client_, call, deadline);
    const bool lost = reply.status().code() == absl::StatusCode::kUnavailable;
    if (!lost || attempt == kReadAttempts || !retries_.TryWithdraw()) co_return reply;
    boost::asio::steady_timer pause(co_await boost::asio::this_coro::executor);
    pause.expires_at(
        std::min(deadline.time(), std::chrono::steady_clock::now() +
                                      base::FullJitter(kReadBackoff, attempt, base::RandomBits())));
    co_await pause.async_wait(boost::asio::use_awaitable);
  }
}

Async<Job> RedisJobQueue::Get(std::string queue, std::string id, Deadline deadline) {
  Command call = Lua().inspect.Call(1);
  call.Arg(queue).Arg(id);
  const absl::StatusOr<Reply> reply = co_await Read(Lua().inspect, std::move(call), deadline);
  if (!reply.ok()) co_return reply.status();
  if (reply->size() < 4) {
    co_return base::MakeStatus(absl::StatusCode::kNotFound,
                               "queue '" + queue + "' has no unfinished job '" + id + "'");
  }
  co_return MakeJob(id, (*reply)[0].Text(), (*reply)[1].Text(), StateFromScript((*reply)[2].Text()),
                    (*reply)[3]);
}

Async<JobPage> RedisJobQueue::List(std::string queue, JobState state, int page_size,
                                   std::string page_token, Deadline deadline) {
  const absl::StatusOr<Cursor> cursor = ParseToken(state, page_token);
  if (!cursor.ok()) co_return cursor.status();
  // One more than asked for tells whether there is another page.
  Command call = Lua().list.Call(1);
  call.Arg(queue).Arg(ScriptName(state)).Arg(page_size + 1).Arg(cursor->score).Arg(cursor->id);
  const absl::StatusOr<Reply> reply = co_await Read(Lua().list, std::move(call), deadline);
  if (!reply.ok()) co_return reply.status();
  const size_t found = reply->size() / 4;
  const size_t shown = std::min(found, static_cast<size_t>(page_size));
  JobPage page;
  for (size_t i = 0; i < shown; ++i) {
    const size_t at = i * 4;
    absl::StatusOr<Job> job = MakeJob((*reply)[at].Text(), (*reply)[at + 1].Text(),
                                      (*reply)[at + 2].Text(), state, (*reply)[at + 3]);
    if (!job.ok()) co_return job.status();
    page.jobs.push_back(std::move(*job));
  }
  if (found > shown) {
    page.next_page_token = NextToken(state, *cursor, page, (*reply)[(shown - 1) * 4 + 3]);
  }
  co_return page;
}

Async<QueueStats> RedisJobQueue::Stats(std::string queue, Deadline deadline) {
  Command call = Lua().stats.Call(1);
  call.Arg(queue);
  const absl::StatusOr<Reply> reply = co_await Read(Lua().stats, std::move(call), deadline);
  if (!reply.ok()) co_return reply.status();
  const auto number = [&reply](size_t i) { return (*reply)[i].Integer(); };
  QueueStats stats;
  stats.name = queue;
  stats.ready = number(0);
  stats.scheduled = number(1);
  stats.retrying = number(2);
  stats.dead = number(3);
  stats.in_flight = number(4);
  stats.workers = static_cast<int>(number(5));
  stats.processed = number(6);
  stats.failed = number(7);
  stats.paused = number(8) == 1;
  if (number(9) > 0) stats.oldest_age = milliseconds(std::max<int64_t>(0, number(10) - number(9)));
  co_return stats;
}

Async<std::vector<std::string>> RedisJobQueue::Queues(Deadline deadline) {
  Command members("SMEMBERS", kQueuesKey);
  const absl::StatusOr<Reply> reply = co_await client_.Execute(std::move(members), deadline);
  if (!reply.ok()) co_return reply.status();
  std::vector<std::string> queues;
  for (size_t i = 0; i < reply->size(); ++i) queues.emplace_back((*reply)[i].Text());
  std::sort(queues.begin(), queues.end());
  if (queues.size() > 1000) queues.resize(1000);
  co_return queues;
}

Async<int> RedisJobQueue::OnDead(const char* verb, const std::string& queue,
                                 const std::vector<std::string>& ids, Deadline deadline) {
  Command call = Lua().dead.Call(1);
  call.Arg(queue).Arg(verb);
  for (const std::string& id : ids) call.Arg(id);
  const absl::StatusOr<Reply> reply = co_await Lua().dead.Run(client_, std::move(call), deadline);
  if (!reply.ok()) co_return reply.status();
  co_return static_cast<int>(reply->Integer());
}

Async<int> RedisJobQueue::RetryDead(std::string queue, std::vector<std::string> ids,
                                    Deadline deadline) {
  co_return co_await OnDead("retry", queue, ids, deadline);
}

Async<int> RedisJobQueue::PurgeDead(std::string queue, std::vector<std::string> ids,
                                    Deadline deadline) {
  co_return co_await OnDead("purge", queue, ids, deadline);
}

boost::asio::awaitable<absl::Status> RedisJobQueue::SetPaused(std::string queue, bool paused,
                                                              Deadline deadline) {
  Command command =
      paused ? Command("SET", Key(queue, "paused"), "1") : Command("DEL", Key(queue, "paused"));
  const absl::StatusOr<Reply> reply = co_await client_.Execute(std::move(command), deadline);
  co_return reply.status();
}

}  // namespace trellis::enqueue
