#include "services/weather/testing/redis_fixture.h"

namespace trellis::weather::testing {

RedisFixture::~RedisFixture() {
  for (const auto& service : services_) (void)Await(service->channel->Stop(Soon()));
}

std::unique_ptr<redis::Connection> RedisFixture::Connect(redis::ConnectionMode mode) {
  redis::ConnectionOptions options;
  options.address = redis_.address();
  auto connection = std::make_unique<redis::Connection>(context_.get_executor(), options, mode);
  EXPECT_TRUE(RunUntil([&] { return connection->connected(); }));
  return connection;
}

RedisFixture::WorkerEnd RedisFixture::NewWorker(const std::string& name, milliseconds claim_idle) {
  WorkerEnd worker;
  worker.commands = Connect();
  worker.blocking = Connect(redis::ConnectionMode::kBlocking);
  worker.stream = std::make_unique<RedisWorkStream>(
      *worker.commands, *worker.blocking, clock_,
      WorkStreamOptions{.consumer = name, .claim_idle = claim_idle});
  return worker;
}

RedisFixture::WorkerEnd RedisFixture::MakeWorker(const std::string& name, milliseconds claim_idle) {
  WorkerEnd worker = NewWorker(name, claim_idle);
  // The first makes the group.
  EXPECT_THAT(Read(worker, 1), ::testing::IsEmpty());
  return worker;
}

RedisFixture::ServiceEnd& RedisFixture::MakeService(const std::string& instance,
                                                    ChannelOptions options) {
  auto service = std::make_unique<ServiceEnd>();
  service->commands = Connect();
  service->blocking = Connect(redis::ConnectionMode::kBlocking);
  service->metrics = std::make_unique<telemetry::Metrics>();
  service->channel_metrics = std::make_unique<ChannelMetrics>(*service->metrics);
  options.send.reply_stream = "weather-responses:" + instance;
  service->channel =
      std::make_unique<RedisRequestChannel>(context_.get_executor(), *service->commands,
                                            *service->blocking, *service->channel_metrics, options);
  service->commands->set_on_change(
      [channel = service->channel.get()](bool connected, const std::string&) {
        if (connected) channel->OnConnected();
      });
  service->channel->Start();
  EXPECT_TRUE(RunUntil([&] { return service->channel->open(); }));
  services_.push_back(std::move(service));
  return *services_.back();
}

std::shared_ptr<RedisFixture::Outcome> RedisFixture::Start(ServiceEnd& service,
                                                           const std::string& id,
                                                           milliseconds time) {
  auto outcome = std::make_shared<Outcome>();
  boost::asio::co_spawn(
      context_,
      service.channel->Call({.id = id, .body = "question " + id, .request_id = "r"},
                            base::Deadline::After(time)),
      [outcome](const std::exception_ptr& thrown, absl::StatusOr<Reply> reply) {
        EXPECT_FALSE(thrown);
        *outcome = std::move(reply);
      });
  return outcome;
}

std::vector<Work> RedisFixture::Read(WorkerEnd& worker, int want) {
  const auto works = Await(worker.stream->Read(want, milliseconds(50)));
  EXPECT_TRUE(works.ok()) << works.status();
  return works.value_or(std::vector<Work>());
}

Work RedisFixture::ReadOne(WorkerEnd& worker) {
  std::vector<Work> works;
  EXPECT_TRUE(RunUntil([&] {
    works = Read(worker);
    return !works.empty();
  }));
  EXPECT_THAT(works, ::testing::SizeIs(1));
  return works.empty() ? Work() : works[0];
}

std::vector<Work> RedisFixture::Claim(WorkerEnd& worker, int want) {
  const auto claimed = Await(worker.stream->Claim(want, Soon()));
  EXPECT_TRUE(claimed.ok()) << claimed.status();
  return claimed.ok() ? claimed->works : std::vector<Work>();
}

AnswerResult RedisFixture::Send(WorkerEnd& worker, const Work& work,
                                absl::StatusOr<std::string> body) {
  const std::vector<Answer> answers = {{work.ref, work.id, work.reply_stream, std::move(body)}};
  const auto results = Await(worker.stream->Send(answers, Soon()));
  EXPECT_TRUE(results.ok()) << results.status();
  return results.ok() ? results->at(0) : AnswerResult::kRefused;
}

}  // namespace trellis::weather::testing
