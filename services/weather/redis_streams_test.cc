// Both ends of the streams on a real Redis: RedisRequestChannel and RedisWorkStream.
#include "services/weather/testing/redis_fixture.h"

namespace trellis::weather {
namespace {

using ::testing::IsEmpty;
using ::testing::SizeIs;
using Kind = CorrelationTable::Kind;

class RedisStreamsTest : public testing::RedisFixture {
 protected:
  int64_t Pending() { return redis_.Run({"XPENDING", kRequests, "weather-workers"})[0].Integer(); }
};

TEST_F(RedisStreamsTest, RequestComesToAWorkerAndItsReplyBack) {
  WorkerEnd worker = MakeWorker("w");
  ServiceEnd& service = MakeService("i");
  const auto outcome = Start(service, "a");
  const Work work = ReadOne(worker);
  EXPECT_EQ(work.id, "a");
  EXPECT_EQ(work.body, "question a");
  EXPECT_EQ(work.request_id, "r");
  EXPECT_EQ(work.reply_stream, "weather-responses:i");
  const milliseconds left = worker.stream->TimeLeft(work);
  EXPECT_GT(left, milliseconds(3000));
  EXPECT_LE(left, milliseconds(5000));
  EXPECT_EQ(Send(worker, work), AnswerResult::kDone);
  ASSERT_TRUE(RunUntil([&] { return outcome->has_value(); }));
  ASSERT_TRUE((*outcome)->ok()) << (*outcome)->status();
  EXPECT_EQ((**outcome)->body, "answer");
  EXPECT_EQ((**outcome)->served_by, "w");
  EXPECT_EQ(Integer({"XLEN", kRequests}), 0);
  EXPECT_EQ(Pending(), 0);
}

TEST_F(RedisStreamsTest, ReplySaysWhenItWasWritten) {
  WorkerEnd worker = MakeWorker("w");
  const auto outcome = Start(MakeService("i"), "a");
  const Work work = ReadOne(worker);
  const auto now = [&] {
    return Integer({"EVAL", "local t = redis.call('TIME') return t[1] * 1000 + t[2] / 1000", "0"});
  };
  const int64_t before = now();
  EXPECT_EQ(Send(worker, work), AnswerResult::kDone);
  const int64_t after = now();
  ASSERT_TRUE(RunUntil([&] { return outcome->has_value(); }));
  ASSERT_TRUE((*outcome)->ok()) << (*outcome)->status();
  EXPECT_GE((**outcome)->written_ms, before);
  EXPECT_LE((**outcome)->written_ms, after);
}

TEST_F(RedisStreamsTest, WorkersErrorIsTheCallersError) {
  WorkerEnd worker = MakeWorker("w");
  const auto outcome = Start(MakeService("i"), "a");
  EXPECT_EQ(Send(worker, ReadOne(worker), absl::NotFoundError("no such city")),
            AnswerResult::kDone);
  ASSERT_TRUE(RunUntil([&] { return outcome->has_value(); }));
  EXPECT_EQ((*outcome)->status(), absl::NotFoundError("no such city"));
}

TEST_F(RedisStreamsTest, RequestsOfOneTurnShareAScriptAndKeepTheirReplies) {
  WorkerEnd worker = MakeWorker("w");
  ServiceEnd& service = MakeService("i");
  std::vector<std::shared_ptr<Outcome>> outcomes;
  for (int i = 0; i < 600; ++i) outcomes.push_back(Start(service, std::to_string(i)));
  std::vector<Work> works;
  ASSERT_TRUE(RunUntil([&] {
    for (Work& work : Read(worker, 1000)) works.push_back(std::move(work));
    return works.size() == 600;
  }));
  // Answered backwards.
  std::vector<Answer> answers;
  for (auto work = works.rbegin(); work != works.rend(); ++work) {
    answers.push_back({work->ref, work->id, work->reply_stream, "answer to " + work->id});
  }
  ASSERT_TRUE(Await(worker.stream->Send(answers, Soon())).ok());
  for (size_t i = 0; i < outcomes.size(); ++i) {
    ASSERT_TRUE(RunUntil([&] { return outcomes[i]->has_value(); }));
    ASSERT_TRUE((*outcomes[i])->ok());
    EXPECT_EQ((**outcomes[i])->body, "answer to " + std::to_string(i));
  }
}

TEST_F(RedisStreamsTest, CallEndsAtItsDeadlineAndALateReplyIsDropped) {
  WorkerEnd worker = MakeWorker("w");
  ServiceEnd& service = MakeService("i");
  // Long enough that it is sent before.
  const auto outcome = Start(service, "a", milliseconds(500));
  const Work work = ReadOne(worker);
  ASSERT_TRUE(RunUntil([&] { return outcome->has_value(); }));
  EXPECT_EQ((*outcome)->status().code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_LE(worker.stream->TimeLeft(work).count(), 0);
  EXPECT_EQ(Send(worker, work), AnswerResult::kDone);
  EXPECT_TRUE(RunUntil([&] { return service.Replies(Kind::kLate) == 1; }));
}

TEST_F(RedisStreamsTest, ForeignAndDoubleRepliesAreDroppedAndCounted) {
  WorkerEnd worker = MakeWorker("w");
  ServiceEnd& service = MakeService("i");
  const auto outcome = Start(service, "a");
  Send(worker, ReadOne(worker));
  ASSERT_TRUE(RunUntil([&] { return outcome->has_value(); }));
  for (const char* id : {"a", "stranger"}) {
    redis_.Run({"XADD", "weather-responses:i", "*", "id", id, "code", "0", "body", "x"});
  }
  redis_.Run({"XADD", "weather-responses:i", "*", "this", "is no reply"});
  EXPECT_TRUE(RunUntil(
      [&] { return service.Replies(Kind::kDouble) == 1 && service.Replies(Kind::kForeign) == 2; }));
  EXPECT_EQ(service.Replies(Kind::kAccepted), 1);
}

TEST_F(RedisStreamsTest, ReplyToAnInstanceThatIsGoneIsDropped) {
  WorkerEnd worker = MakeWorker("w");
  ServiceEnd& service = MakeService("i");
  (void)Start(service, "a", milliseconds(1000));
  const Work work = ReadOne(worker);
  EXPECT_TRUE(Await(service.channel->Stop(Soon())));
  EXPECT_EQ(Send(worker, work), AnswerResult::kNobodyWaits);
  EXPECT_EQ(Integer({"EXISTS", "weather-responses:i"}), 0);
  EXPECT_EQ(Integer({"XLEN", kRequests}), 0);
}

TEST_F(RedisStreamsTest, ReplyStreamsDieWithTheirInstance) {
  MakeService("i");
  const int64_t ttl = Integer({"PTTL", "weather-responses:i"});
  EXPECT_GT(ttl, 0);
  EXPECT_LE(ttl, 30'000);
}

TEST_F(RedisStreamsTest, FullStreamRefusesAndNothingIsDropped) {
  ChannelOptions options;
  options.send.depth_limit = 2;
  ServiceEnd& service = MakeService("i", options);
  (void)Start(service, "a");
  (void)Start(service, "b");
  const auto third = Start(service, "c");
  ASSERT_TRUE(RunUntil([&] { return third->has_value(); }));
  EXPECT_EQ((*third)->status().code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(Integer({"XLEN", kRequests}), 2);
}

TEST_F(RedisStreamsTest, RepliesAreDeletedOnceRead) {
  WorkerEnd worker = MakeWorker("w");
  const auto outcome = Start(MakeService("i"), "a");
  Send(worker, ReadOne(worker));
  ASSERT_TRUE(RunUntil([&] { return outcome->has_value(); }));
  EXPECT_TRUE(RunUntil([&] { return Integer({"XLEN", "weather-responses:i"}) == 0; }));
}

TEST_F(RedisStreamsTest, SilentWorkersRequestIsClaimedAndItsAnswerRefused) {
  WorkerEnd first = MakeWorker("first", milliseconds(50));
  WorkerEnd second = MakeWorker("second", milliseconds(50));
  const auto outcome = Start(MakeService("i"), "a");
  const Work lost = ReadOne(first);
  std::vector<Work> claimed;
  ASSERT_TRUE(RunUntil([&] {
    claimed = Claim(second);
    return !claimed.empty();
  }));
  EXPECT_EQ(claimed[0].id, "a");
  EXPECT_GT(claimed[0].ref.deliveries, lost.ref.deliveries);
  EXPECT_EQ(Send(first, lost, "stale"), AnswerResult::kRefused);
  EXPECT_FALSE(outcome->has_value());
  EXPECT_EQ(*Await(first.stream->Renew({lost.ref}, Soon())), 1);
  EXPECT_EQ(Send(second, claimed[0], "good"), AnswerResult::kDone);
  EXPECT_EQ(Send(first, lost, "stale"), AnswerResult::kRefused);
  ASSERT_TRUE(RunUntil([&] { return outcome->has_value(); }));
  EXPECT_EQ((**outcome)->body, "good");
}

TEST_F(RedisStreamsTest, WorkerIsFencedByItsOwnLaterClaim) {
  WorkerEnd worker = MakeWorker("w", milliseconds(20));
  (void)Start(MakeService("i"), "a");
  const Work lost = ReadOne(worker);
  std::vector<Work> claimed;
  ASSERT_TRUE(RunUntil([&] {
    claimed = Claim(worker);
    return !claimed.empty();
  }));
  EXPECT_EQ(Send(worker, lost), AnswerResult::kRefused);
  EXPECT_EQ(Send(worker, claimed[0]), AnswerResult::kDone);
}

TEST_F(RedisStreamsTest, OneFreeHandFindsWhatADeadWorkerLeftAmongWhatOthersHold) {
  WorkerEnd busy = MakeWorker("busy");
  WorkerEnd dead = MakeWorker("dead");
  WorkerEnd heir = MakeWorker("heir", milliseconds(60'000));
  ServiceEnd& service = MakeService("i");
  for (int i = 0; i < 202; ++i) (void)Start(service, std::to_string(i), milliseconds(10'000));
  ASSERT_TRUE(RunUntil([&] { return Integer({"XLEN", kRequests}) == 202; }));
  EXPECT_THAT(Read(busy, 200), SizeIs(200));
  const std::vector<Work> left = Read(dead, 2);
  ASSERT_THAT(left, SizeIs(2));
  EXPECT_EQ(*Await(dead.stream->Release({left[0].ref, left[1].ref}, Soon())), 2);
  const auto first = Await(heir.stream->Claim(1, Soon()));
  ASSERT_TRUE(first.ok()) << first.status();
  ASSERT_THAT(first->works, SizeIs(1));
  EXPECT_EQ(first->works[0].id, left[0].id);
  EXPECT_TRUE(first->more);
  const auto second = Await(heir.stream->Claim(1, Soon()));
  ASSERT_TRUE(second.ok()) << second.status();
  ASSERT_THAT(second->works, SizeIs(1)) << "it goes on where the first ended";
  EXPECT_EQ(second->works[0].id, left[1].id);
}

TEST_F(RedisStreamsTest, RenewedRequestIsNotClaimed) {
  WorkerEnd first = MakeWorker("first");
  WorkerEnd second = MakeWorker("second", milliseconds(60'000));
  (void)Start(MakeService("i"), "a");
  const Work work = ReadOne(first);
  // As if its worker had been silent for two minutes.
  const auto grow_old = [&] {
    redis_.Run({"XCLAIM", kRequests, "weather-workers", "first", "0", work.ref.entry, "IDLE",
                "120000", "JUSTID"});
  };
  for (int i = 0; i < 3; ++i) {
    grow_old();
    EXPECT_EQ(*Await(first.stream->Renew({work.ref}, Soon())), 0);
    EXPECT_THAT(Claim(second), IsEmpty());
  }
  EXPECT_EQ(Send(first, work), AnswerResult::kDone) << "renewing leaves the token as it is";
}

TEST_F(RedisStreamsTest, ControlWithoutRenewalItIsClaimed) {
  WorkerEnd first = MakeWorker("first");
  WorkerEnd second = MakeWorker("second", milliseconds(60'000));
  (void)Start(MakeService("i"), "a");
  const Work work = ReadOne(first);
  redis_.Run({"XCLAIM", kRequests, "weather-workers", "first", "0", work.ref.entry, "IDLE",
              "120000", "JUSTID"});
  EXPECT_THAT(Claim(second), SizeIs(1));
}

TEST_F(RedisStreamsTest, ReleasedRequestIsClaimedAtOnce) {
  WorkerEnd first = MakeWorker("first");
  WorkerEnd second = MakeWorker("second", milliseconds(60'000));
  (void)Start(MakeService("i"), "a");
  const Work work = ReadOne(first);
  EXPECT_EQ(*Await(first.stream->Release({work.ref}, Soon())), 1);
  EXPECT_THAT(Claim(second), SizeIs(1));
  EXPECT_EQ(*Await(first.stream->Release({work.ref}, Soon())), 0);
}

TEST_F(RedisStreamsTest, DiscardedRequestIsGoneWithoutAReply) {
  WorkerEnd worker = MakeWorker("w");
  ServiceEnd& service = MakeService("i");
  const auto outcome = Start(service, "a", milliseconds(1000));
  Work work = ReadOne(worker);
  work.reply_stream.clear();
  EXPECT_EQ(Send(worker, work), AnswerResult::kDone);
  EXPECT_EQ(Integer({"XLEN", kRequests}), 0);
  ASSERT_TRUE(RunUntil([&] { return outcome->has_value(); }));
  EXPECT_EQ((*outcome)->status().code(), absl::StatusCode::kDeadlineExceeded);
}

TEST_F(RedisStreamsTest, TrimmingKeepsUnreadAndPendingEntriesOfEveryGroup) {
  WorkerEnd worker = MakeWorker("w");
  ServiceEnd& service = MakeService("i");
  for (int i = 0; i < 6; ++i) (void)Start(service, std::to_string(i));
  ASSERT_TRUE(RunUntil([&] { return Integer({"XLEN", kRequests}) == 6; }));
  const auto trimmed = [&] { return Await(worker.stream->Upkeep(Soon()))->trimmed; };
  EXPECT_EQ(trimmed(), 0) << "all are unread";
  const std::vector<Work> works = Read(worker, 4);
  ASSERT_THAT(works, SizeIs(4));
  // As another program would do it, which leaves the entries where they are.
  for (const size_t i : {0, 1, 3}) {
    redis_.Run({"XACK", kRequests, "weather-workers", works[i].ref.entry});
  }
  EXPECT_EQ(trimmed(), 2) << "the third is pending";
  redis_.Run({"XACK", kRequests, "weather-workers", works[2].ref.entry});
  redis_.Run({"XGROUP", "CREATE", kRequests, "slow", "0"});
  EXPECT_EQ(trimmed(), 0) << "another group has read none";
  redis_.Run({"XGROUP", "DESTROY", kRequests, "slow"});
  EXPECT_EQ(trimmed(), 2);
  EXPECT_EQ(Integer({"XLEN", kRequests}), 2) << "two are unread";
  EXPECT_THAT(Read(worker), SizeIs(2));
}

TEST_F(RedisStreamsTest, ConsumerIsForgottenOnlyWhenNothingIsPendingOnIt) {
  WorkerEnd gone = MakeWorker("gone");
  (void)Start(MakeService("i"), "a");
  const Work work = ReadOne(gone);
  EXPECT_TRUE(Await(gone.stream->Leave(Soon())).ok());
  const auto consumers = [&] {
    return redis_.Run({"XINFO", "CONSUMERS", kRequests, "weather-workers"}).size();
  };
  EXPECT_EQ(consumers(), 1U) << "deleting it would have deleted what is pending on it";
  EXPECT_EQ(Send(gone, work), AnswerResult::kDone);
  EXPECT_TRUE(Await(gone.stream->Leave(Soon())).ok());
  EXPECT_EQ(consumers(), 0U);
}

TEST_F(RedisStreamsTest, StatsTellUnreadFromPending) {
  WorkerEnd worker = MakeWorker("w");
  ServiceEnd& service = MakeService("i");
  for (int i = 0; i < 5; ++i) (void)Start(service, std::to_string(i));
  ASSERT_TRUE(RunUntil([&] { return Integer({"XLEN", kRequests}) == 5; }));
  EXPECT_THAT(Read(worker, 2), SizeIs(2));
  const auto stats = Await(service.channel->Stats(Soon()));
  ASSERT_TRUE(stats.ok()) << stats.status();
  EXPECT_EQ(stats->request_stream_length, 5);
  EXPECT_EQ(stats->pending, 2);
  EXPECT_EQ(stats->lag, 3);
  EXPECT_EQ(stats->consumers, 1);
}

}  // namespace
}  // namespace trellis::weather
