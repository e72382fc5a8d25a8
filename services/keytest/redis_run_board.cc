#include "services/keytest/redis_run_board.h"

#include <algorithm>

#include "mesh/base/ids.h"
#include "services/keytest/lua_scripts.h"

namespace trellis::keytest {

namespace asio = boost::asio;
using base::Deadline;

namespace {

// As large as one script call should be for the others that wait for Redis.
constexpr int kMaxKeysPerCall = 1000;

RunState StateOf(std::string_view name) {
  if (name == "generating") return RunState::kGenerating;
  if (name == "draining") return RunState::kDraining;
  if (name == "stopped") return RunState::kStopped;
  if (name == "done") return RunState::kDone;
  return RunState::kIdle;
}

// HGETALL's answer: names and values in turn.
int64_t IntegerField(redis::ReplyView fields, std::string_view name) {
  for (size_t i = 0; i + 1 < fields.size(); i += 2) {
    if (fields[i].Text() == name) return fields[i + 1].Integer();
  }
  return 0;
}
std::string TextField(redis::ReplyView fields, std::string_view name) {
  for (size_t i = 0; i + 1 < fields.size(); i += 2) {
    if (fields[i].Text() == name) return std::string(fields[i + 1].Text());
  }
  return {};
}

std::vector<LatenessBucket> BucketsOf(redis::ReplyView fields) {
  std::vector<LatenessBucket> buckets;
  for (size_t i = 0; i + 1 < fields.size(); i += 2) {
    buckets.push_back({static_cast<int>(fields[i].Integer()), fields[i + 1].Integer()});
  }
  std::sort(buckets.begin(), buckets.end(), [](const LatenessBucket& a, const LatenessBucket& b) {
    if (a.le_ms == 0 || b.le_ms == 0) return a.le_ms != 0;
    return a.le_ms < b.le_ms;
  });
  return buckets;
}

RunStatus StatusOf(const redis::Reply& reply) {
  const redis::ReplyView run = reply[0];
  RunStatus status;
  status.state = StateOf(TextField(run, "state"));
  status.id = TextField(run, "id");
  status.parameters.keys = static_cast<int>(IntegerField(run, "keys"));
  status.parameters.delay_ms = static_cast<int>(IntegerField(run, "delay"));
  status.parameters.ttl_ms = static_cast<int>(IntegerField(run, "ttl"));
  status.parameters.dedup_window_ms = static_cast<int>(IntegerField(run, "window"));
  status.started_ms = IntegerField(run, "started");
  status.ended_ms = IntegerField(run, "ended");
  status.generated = reply[1].Integer();
  status.consumed = reply[2].Integer();
  status.pending = reply[3].Integer();
  status.dead = reply[4].Integer();
  status.lateness = BucketsOf(reply[5]);
  return status;
}

}  // namespace

asio::awaitable<absl::StatusOr<RunStatus>> RedisRunBoard::Start(RunParameters parameters,
                                                                Deadline deadline) {
  const std::string id = base::NewUuidV7();
  redis::Command call = Lua().start.Call(8);
  call.Arg(kRunKey).Arg(kDeadlinesKey).Arg(kClaimedKey).Arg(kClaimsKey);
  call.Arg(kGeneratedKey).Arg(kConsumedKey).Arg(kDeadKey).Arg(kLatenessKey);
  call.Arg(id).Arg(parameters.keys).Arg(parameters.delay_ms).Arg(parameters.ttl_ms);
  call.Arg(parameters.dedup_window_ms);
  const auto started = co_await Lua().start.Run(client_, std::move(call), deadline);
  if (!started.ok()) co_return started.status();
  if (started->Integer() == 0) {
    co_return base::MakeStatus(absl::StatusCode::kFailedPrecondition, "a test is running");
  }
  co_return co_await Read(deadline);
}

asio::awaitable<absl::StatusOr<RunStatus>> RedisRunBoard::Stop(Deadline deadline) {
  redis::Command call = Lua().stop.Call(1);
  call.Arg(kRunKey);
  const auto stopped = co_await Lua().stop.Run(client_, std::move(call), deadline);
  if (!stopped.ok()) co_return stopped.status();
  if (stopped->Integer() == 0) {
    co_return base::MakeStatus(absl::StatusCode::kFailedPrecondition, "no test is running");
  }
  co_return co_await Read(deadline);
}

asio::awaitable<absl::StatusOr<RunStatus>> RedisRunBoard::Read(Deadline deadline) {
  redis::Command call = Lua().read.Call(7);
  call.Arg(kRunKey).Arg(kDeadlinesKey).Arg(kClaimedKey);
  call.Arg(kGeneratedKey).Arg(kConsumedKey).Arg(kDeadKey).Arg(kLatenessKey);
  const auto reply = co_await Lua().read.Run(client_, std::move(call), deadline);
  if (!reply.ok()) co_return reply.status();
  co_return StatusOf(*reply);
}

asio::awaitable<absl::StatusOr<KeyWriter::Wrote>> RedisRunBoard::Write(int max, Deadline deadline) {
  redis::Command call = Lua().generate.Call(4);
  call.Arg(kRunKey).Arg(kDeadlinesKey).Arg(kGeneratedKey).Arg(kLeaseKey);
  call.Arg(options_.name).Arg(options_.lease.count()).Arg(std::min(max, kMaxKeysPerCall));
  call.Arg(kWakeChannel);
  const auto reply = co_await Lua().generate.Run(client_, std::move(call), deadline);
  if (!reply.ok()) co_return reply.status();
  co_return Wrote{static_cast<int>((*reply)[0].Integer()),
                  base::milliseconds((*reply)[1].Integer())};
}

}  // namespace trellis::keytest
