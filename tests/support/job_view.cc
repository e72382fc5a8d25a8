#include "tests/support/job_view.h"

namespace trellis::testing {

using redis::Reply;

int64_t JobView::Ready() const { return redis_.Run({"LLEN", queue_}).Integer(); }

int64_t JobView::Unfinished() const {
  // Texts that somebody pushed have no record until a worker takes them.
  constexpr char kCount[] = R"lua(
      local texts = 0
      for _, entry in ipairs(redis.call('LRANGE', KEYS[1], 0, -1)) do
        if string.sub(entry, 1, 4) ~= 'job:' then texts = texts + 1 end
      end
      return texts + redis.call('HLEN', KEYS[2]))lua";
  const Reply both = redis_.Run({"EVAL", kCount, "2", queue_, Key("jobs")});
  return both.Integer();
}

int64_t JobView::DeadCount() const { return redis_.Run({"ZCARD", Key("dead")}).Integer(); }

std::vector<std::string> JobView::Workers() const {
  const Reply reply = redis_.Run({"ZRANGE", Key("workers"), "0", "-1"});
  std::vector<std::string> workers;
  for (size_t i = 0; i < reply.size(); ++i) workers.emplace_back(reply[i].Text());
  return workers;
}

std::string JobView::HolderOf(const std::string& id) const {
  for (const std::string& worker : Workers()) {
    if (redis_.Run({"HEXISTS", Key("held:" + worker), id}).Integer() == 1) return worker;
  }
  return "";
}

bool JobView::IsDead(const std::string& id) const {
  return !redis_.Run({"ZSCORE", Key("dead"), id}).IsNil();
}

std::string JobView::Stored(const std::string& id) const {
  return std::string(redis_.Run({"HGET", Key("jobs"), id}).Text());
}

void JobView::MakeDead(const std::string& id) const {
  redis_.Run({"LREM", queue_, "1", "job:" + id});
  redis_.Run({"ZADD", Key("dead"), "1000", id});
}

void JobView::MakeRetrying(const std::string& id, int64_t due_ms) const {
  redis_.Run({"LREM", queue_, "1", "job:" + id});
  redis_.Run({"HSET", Key("tries"), id, "1 0 it failed"});
  redis_.Run({"ZADD", Key("retry"), std::to_string(due_ms), id});
}

}  // namespace trellis::testing
