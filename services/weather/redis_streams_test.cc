// Both ends of the streams on a real Redis: RedisRequestChannel and RedisWorkStream.
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>

#include "services/weather/testing/redis_fixture.h"

namespace trellis::weather {
namespace {

using ::testing::IsEmpty;
using ::testing::SizeIs;
using Kind = CorrelationTable::Kind;

constexpr char kRequests[] = "weather-requests";

class RedisStreamsTest : public testing::RedisFixture {
 protected:
  // The one request that the worker gets.
  Work ReadOne(WorkerEnd& worker) {
    std::vector<Work> works;
    EXPECT_TRUE(RunUntil([&] {
      works = Read(worker);
      return !works.empty();
    }));
    EXPECT_THAT(works, SizeIs(1));
    return works.empty() ? Work() : works[0];
  }
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
  const auto outcome = Start(service, "a", milliseconds(50));
  const Work work = ReadOne(worker);
  ASSERT_TRUE(RunUntil([&] { return outcome->has_value(); }, milliseconds(1000)));
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
  (void)Start(service, "a", milliseconds(100));
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
  (void)Start(service, "a", milliseconds(500));
  (void)Start(service, "b", milliseconds(500));
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

TEST_F(RedisStreamsTest, WorkerWhoseFirstCallIsAClaimKnowsTheTime) {
  WorkerEnd dead = MakeWorker("dead");
  WorkerEnd heir = NewWorker("heir");
  (void)Start(MakeService("i"), "a");
  EXPECT_EQ(*Await(dead.stream->Release({ReadOne(dead).ref}, Soon())), 1);
  const std::vector<Work> works = Claim(heir);
  ASSERT_THAT(works, SizeIs(1));
  EXPECT_GT(heir.stream->TimeLeft(works[0]), milliseconds(3000));
  EXPECT_LE(heir.stream->TimeLeft(works[0]), milliseconds(5000));
}

TEST_F(RedisStreamsTest, WhatIsInHandDoesNotExpireWhileTheClockCannotBeAsked) {
  WorkerEnd worker = MakeWorker("w");
  (void)Start(MakeService("i"), "a");
  const Work work = ReadOne(worker);
  const uint64_t before = worker.commands->generation();
  redis_.Run({"ACL", "SETUSER", "default", "-time"});
  redis_.Run({"CLIENT", "KILL", "TYPE", "normal"});
  ASSERT_TRUE(RunUntil(
      [&] { return worker.commands->connected() && worker.commands->generation() > before; }));
  EXPECT_FALSE(Await(worker.stream->Read(1, milliseconds(10))).ok());
  EXPECT_FALSE(Await(worker.stream->Claim(1, Soon())).ok());
  EXPECT_GT(worker.stream->TimeLeft(work), milliseconds(1000));
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

TEST_F(RedisStreamsTest, RequestThatNamesNoReplyStreamDoesNotHoldUpOtherAnswers) {
  WorkerEnd worker = MakeWorker("w");
  redis_.Run({"SET", "no-stream", "text"});
  redis_.Run({"XADD", kRequests, "*", "id", "bad", "deadline", "9999999999999", "reply",
              "no-stream", "body", "x"});
  const auto outcome = Start(MakeService("i"), "good");
  std::vector<Answer> answers;
  ASSERT_TRUE(RunUntil([&] {
    for (const Work& work : Read(worker)) {
      answers.push_back({work.ref, work.id, work.reply_stream, "answer"});
    }
    return answers.size() == 2;
  }));
  const auto results = Await(worker.stream->Send(answers, Soon()));
  ASSERT_TRUE(results.ok()) << results.status();
  EXPECT_THAT(*results, ::testing::ElementsAre(AnswerResult::kNobodyWaits, AnswerResult::kDone));
  EXPECT_EQ(Integer({"XLEN", kRequests}), 0);
  ASSERT_TRUE(RunUntil([&] { return outcome->has_value(); }));
  EXPECT_TRUE((*outcome)->ok()) << (*outcome)->status();
}

TEST_F(RedisStreamsTest, RenewedRequestIsNotClaimed) {
  WorkerEnd first = MakeWorker("first");
  WorkerEnd second = MakeWorker("second", milliseconds(300));
  (void)Start(MakeService("i"), "a");
  const Work work = ReadOne(first);
  const base::Deadline end = base::Deadline::After(milliseconds(900));
  while (!end.Expired()) {
    EXPECT_EQ(*Await(first.stream->Renew({work.ref}, Soon())), 0);
    EXPECT_THAT(Claim(second), IsEmpty());
  }
  EXPECT_EQ(Send(first, work), AnswerResult::kDone) << "renewing leaves the token as it is";
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
  const auto outcome = Start(service, "a", milliseconds(200));
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

TEST_F(RedisStreamsTest, CallsAndRepliesOutliveARestartOfRedis) {
  WorkerEnd worker = MakeWorker("w");
  ServiceEnd& service = MakeService("i");
  const auto outcome = Start(service, "a", milliseconds(10'000));
  const Work work = ReadOne(worker);
  // The answer to what was sent comes before this one's.
  ASSERT_TRUE(Await(service.channel->Stats(Soon())).ok());
  const uint64_t before = worker.commands->generation();
  redis_.Kill();
  redis_.Start();
  ASSERT_TRUE(RunUntil(
      [&] { return worker.commands->connected() && worker.commands->generation() > before; }));
  EXPECT_EQ(Send(worker, work), AnswerResult::kDone);
  ASSERT_TRUE(RunUntil([&] { return outcome->has_value(); }));
  EXPECT_TRUE((*outcome)->ok()) << (*outcome)->status();
}

TEST_F(RedisStreamsTest, RequestsThatRedisLostFailAtOnceAndCanBeMadeAgain) {
  WorkerEnd worker = MakeWorker("w");
  ServiceEnd& service = MakeService("i");
  const auto outcome = Start(service, "a", milliseconds(20'000));
  (void)ReadOne(worker);
  ASSERT_TRUE(Await(service.channel->Stats(Soon())).ok());
  redis_.Run({"FLUSHALL"});
  redis_.Kill();
  redis_.Start();
  ASSERT_TRUE(RunUntil([&] { return outcome->has_value(); }));
  EXPECT_EQ((*outcome)->status().code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(service.channel_metrics->lost.Value(), 1);
  ASSERT_TRUE(RunUntil([&] { return service.channel->open(); }));
  const auto again = Start(service, "a");
  // Makes the group that was lost, and its first read gets what came before it.
  WorkerEnd heir = MakeWorker("heir");
  EXPECT_EQ(Send(heir, ReadOne(heir)), AnswerResult::kDone);
  ASSERT_TRUE(RunUntil([&] { return again->has_value(); }));
  EXPECT_TRUE((*again)->ok()) << (*again)->status();
}

TEST_F(RedisStreamsTest, DataLostOnALiveConnectionIsNoticed) {
  WorkerEnd worker = MakeWorker("w");
  ServiceEnd& service = MakeService("i");
  const auto outcome = Start(service, "a", milliseconds(20'000));
  (void)ReadOne(worker);
  ASSERT_TRUE(Await(service.channel->Stats(Soon())).ok());
  redis_.Run({"FLUSHALL"});
  ASSERT_TRUE(RunUntil([&] { return outcome->has_value(); }));
  EXPECT_EQ((*outcome)->status().code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(service.channel_metrics->lost.Value(), 1);
  ASSERT_TRUE(RunUntil([&] { return service.channel->open(); }));
  const auto again = Start(service, "a");
  EXPECT_EQ(Send(worker, ReadOne(worker)), AnswerResult::kDone);
  ASSERT_TRUE(RunUntil([&] { return again->has_value(); }));
  EXPECT_TRUE((*again)->ok()) << (*again)->status();
}

TEST_F(RedisStreamsTest, NothingIsSentWithoutAReplyStreamAndItIsMadeAtOnce) {
  ChannelOptions options;
  options.keep = milliseconds(60'000);
  ServiceEnd& service = MakeService("i", options);
  redis_.Run({"DEL", "weather-responses:i"});
  const auto outcome = Start(service, "a");
  ASSERT_TRUE(RunUntil([&] { return outcome->has_value(); }, milliseconds(1000)));
  EXPECT_EQ((*outcome)->status().code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(Integer({"XLEN", kRequests}), 0) << "its answer would have been dropped";
  ASSERT_TRUE(RunUntil([&] { return service.channel->open(); }, milliseconds(1000)));
  EXPECT_EQ(Integer({"EXISTS", "weather-responses:i"}), 1);
}

TEST_F(RedisStreamsTest, AnswersThatWentWithTheReplyStreamAreNoticed) {
  WorkerEnd worker = MakeWorker("w");
  ChannelOptions options;
  options.keep = milliseconds(60'000);
  ServiceEnd& service = MakeService("i", options);
  const auto answered = Start(service, "a", milliseconds(20'000));
  const auto waiting = Start(service, "b", milliseconds(20'000));
  std::vector<Work> works;
  ASSERT_TRUE(RunUntil([&] {
    for (Work& work : Read(worker)) works.push_back(std::move(work));
    return works.size() == 2;
  }));
  ASSERT_TRUE(Await(service.channel->Stats(Soon())).ok());
  redis_.Run({"DEL", "weather-responses:i"});
  EXPECT_EQ(Send(worker, works[0]), AnswerResult::kNobodyWaits);
  (void)Start(service, "c");  // finds that it is gone
  ASSERT_TRUE(RunUntil([&] { return answered->has_value(); }));
  EXPECT_EQ((*answered)->status().code(), absl::StatusCode::kUnavailable);
  EXPECT_FALSE(waiting->has_value()) << "its request is still there";
  EXPECT_EQ(Send(worker, works[1]), AnswerResult::kDone);
  ASSERT_TRUE(RunUntil([&] { return waiting->has_value(); }));
  EXPECT_TRUE((*waiting)->ok()) << (*waiting)->status();
}

// The first look fails; it is repeated although the connection stays and nothing else is lost.
TEST_F(RedisStreamsTest, LookForLostRequestsIsRepeatedUntilItSucceeds) {
  WorkerEnd worker = MakeWorker("w");
  ServiceEnd& service = MakeService("i");
  const auto outcome = Start(service, "a", milliseconds(20'000));
  (void)ReadOne(worker);
  ASSERT_TRUE(Await(service.channel->Stats(Soon())).ok());
  redis_.Run({"ACL", "SETUSER", "default", "-xrange"});
  redis_.Run({"FLUSHALL"});
  ASSERT_TRUE(RunUntil([&] { return Integer({"EXISTS", "weather-responses:i"}) == 1; }));
  // The first is asked for with the look or before it, the second after it.
  for (int i = 0; i < 2; ++i) ASSERT_TRUE(Await(service.channel->Stats(Soon())).ok());
  EXPECT_FALSE(outcome->has_value());
  redis_.Run({"ACL", "SETUSER", "default", "+@all"});
  ASSERT_TRUE(RunUntil([&] { return outcome->has_value(); }));
  EXPECT_EQ((*outcome)->status().code(), absl::StatusCode::kUnavailable);
}

TEST_F(RedisStreamsTest, LostGroupIsMadeAgainAndWhatWasPendingIsReadAgain) {
  WorkerEnd worker = MakeWorker("w");
  ServiceEnd& service = MakeService("i");
  const auto outcome = Start(service, "a");
  const Work first = ReadOne(worker);
  redis_.Run({"XGROUP", "DESTROY", kRequests, "weather-workers"});
  EXPECT_EQ(Send(worker, first), AnswerResult::kRefused);
  EXPECT_EQ(Send(worker, ReadOne(worker)), AnswerResult::kDone);
  ASSERT_TRUE(RunUntil([&] { return outcome->has_value(); }));
  EXPECT_TRUE((*outcome)->ok()) << (*outcome)->status();
}

TEST_F(RedisStreamsTest, TimeThatRedisStandsStillDoesNotLengthenTheDeadline) {
  WorkerEnd worker = MakeWorker("w");
  ServiceEnd& service = MakeService("i");
  redis_.Run({"CLIENT", "PAUSE", "700", "ALL"});
  const base::Deadline deadline = base::Deadline::After(milliseconds(3000));
  (void)Start(service, "a", milliseconds(3000));
  const Work work = ReadOne(worker);
  EXPECT_LE(worker.stream->TimeLeft(work), deadline.Remaining() + milliseconds(200));
  EXPECT_GT(worker.stream->TimeLeft(work), deadline.Remaining() - milliseconds(500));
}

TEST_F(RedisStreamsTest, WhatRedisRefusesIsNoAnswer) {
  ServiceEnd& service = MakeService("i");
  redis_.Run({"ACL", "SETUSER", "default", "-xadd"});
  const auto outcome = Start(service, "a");
  ASSERT_TRUE(RunUntil([&] { return outcome->has_value(); }));
  EXPECT_EQ((*outcome)->status().code(), absl::StatusCode::kUnavailable) << (*outcome)->status();
  redis_.Run({"ACL", "SETUSER", "default", "-evalsha"});
  const auto other = Start(service, "b");
  ASSERT_TRUE(RunUntil([&] { return other->has_value(); }));
  EXPECT_EQ((*other)->status().code(), absl::StatusCode::kUnavailable) << (*other)->status();
  redis_.Run({"ACL", "SETUSER", "default", "+@all"});
}

TEST_F(RedisStreamsTest, CallThatIsAbandonedBeforeItsTurnIsNotSent) {
  WorkerEnd worker = MakeWorker("w");
  ServiceEnd& service = MakeService("i");
  // Holds up what is sent first, so that what comes after it waits for its turn.
  redis_.Run({"CLIENT", "PAUSE", "300", "ALL"});
  (void)Start(service, "first");
  ASSERT_TRUE(RunUntil([&] { return service.channel_metrics->waiting.Value() == 1; }));
  context_.restart();
  context_.poll();
  boost::asio::cancellation_signal cancel;
  std::optional<absl::Status> gone;
  boost::asio::co_spawn(
      context_,
      service.channel->Call({.id = "gone", .body = "b"}, base::Deadline::After(milliseconds(5000))),
      boost::asio::bind_cancellation_slot(
          cancel.slot(), [&](const std::exception_ptr&, const absl::StatusOr<Reply>& reply) {
            gone = reply.status();
          }));
  ASSERT_TRUE(RunUntil([&] { return service.channel_metrics->waiting.Value() == 2; }));
  cancel.emit(boost::asio::cancellation_type::terminal);
  ASSERT_TRUE(RunUntil([&] { return gone.has_value(); }));
  EXPECT_EQ(gone->code(), absl::StatusCode::kCancelled);
  (void)Start(service, "last");
  EXPECT_EQ(ReadOne(worker).id, "first");
  EXPECT_EQ(ReadOne(worker).id, "last");
}

TEST_F(RedisStreamsTest, NothingIsSentWhileRedisIsAway) {
  ServiceEnd& service = MakeService("i");
  redis_.Kill();
  ASSERT_TRUE(RunUntil([&] { return !service.commands->connected(); }));
  const auto outcome = Start(service, "a");
  ASSERT_TRUE(RunUntil([&] { return outcome->has_value(); }, milliseconds(1000)));
  EXPECT_EQ((*outcome)->status().code(), absl::StatusCode::kUnavailable);
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
