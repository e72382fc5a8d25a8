#include "services/enqueue/testing/redis_fixture.h"

namespace trellis::enqueue::testing {

RedisFixture::RedisFixture()
    : connection_(Connect("test")),
      queue_(std::make_unique<RedisJobQueue>(*connection_, clock_, 1'000'000)) {}

std::unique_ptr<redis::Connection> RedisFixture::Connect(const std::string& name,
                                                         redis::ConnectionMode mode) {
  redis::ConnectionOptions options;
  options.address = redis_.address();
  options.name = name;
  auto connection = std::make_unique<redis::Connection>(context_.get_executor(), options, mode);
  const base::Deadline deadline = Soon();
  while (!connection->connected() && !deadline.Expired()) {
    context_.run_one_for(milliseconds(10));
    if (context_.stopped()) context_.restart();
  }
  EXPECT_TRUE(connection->connected());
  return connection;
}

RedisFixture::WorkerEnd RedisFixture::MakeWorker(const std::string& name,
                                                 WorkSourceOptions options) {
  options.worker = name;
  WorkerEnd worker;
  worker.commands = Connect(name);
  worker.blocking = Connect("", redis::ConnectionMode::kBlocking);
  worker.source =
      std::make_unique<RedisWorkSource>(*worker.commands, *worker.blocking, clock_, options);
  Tick(worker);
  return worker;
}

std::vector<std::string> RedisFixture::Enqueue(const std::vector<std::string>& messages) {
  std::vector<NewJob> jobs;
  for (const std::string& message : messages) jobs.push_back({.message = message});
  const auto results = Await(queue_->Enqueue("messages", jobs, Soon()));
  EXPECT_TRUE(results.ok()) << results.status();
  std::vector<std::string> ids;
  for (const EnqueueResult& result : *results) ids.push_back(result.id);
  return ids;
}

std::vector<ClaimedJob> RedisFixture::Claim(WorkerEnd& worker, int want, int holds) {
  auto batch = Await(worker.source->Claim(want, holds, 1 << 26, Soon()));
  EXPECT_TRUE(batch.ok()) << batch.status();
  return std::move(batch->jobs);
}

TickResult RedisFixture::Tick(WorkerEnd& worker) {
  const auto result = Await(worker.source->Tick(Soon()));
  EXPECT_TRUE(result.ok()) << result.status();
  return *result;
}

QueueStats RedisFixture::Stats() {
  const auto stats = Await(queue_->Stats("messages", Soon()));
  EXPECT_TRUE(stats.ok()) << stats.status();
  return *stats;
}

Job RedisFixture::Get(const std::string& id) {
  const auto job = Await(queue_->Get("messages", id, Soon()));
  EXPECT_TRUE(job.ok()) << job.status();
  return job.ok() ? *job : Job{};
}

std::vector<std::string> MessagesOf(const std::vector<ClaimedJob>& jobs) {
  std::vector<std::string> messages;
  for (const ClaimedJob& job : jobs) messages.push_back(job.message);
  return messages;
}

std::vector<ClaimRef> RefsOf(const std::vector<ClaimedJob>& jobs) {
  std::vector<ClaimRef> refs;
  for (const ClaimedJob& job : jobs) refs.push_back(job.ref);
  return refs;
}

}  // namespace trellis::enqueue::testing
