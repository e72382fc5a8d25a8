// Both ends of the streams when Redis is away, stands still, refuses or loses data.
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>

#include "services/weather/testing/redis_fixture.h"

namespace trellis::weather {
namespace {

using ::testing::SizeIs;

using RedisFaultsTest = testing::RedisFixture;

TEST_F(RedisFaultsTest, WorkerWhoseFirstCallIsAClaimKnowsTheTime) {
  WorkerEnd dead = MakeWorker("dead");
  WorkerEnd heir = NewWorker("heir");
  (void)Start(MakeService("i"), "a");
  EXPECT_EQ(*Await(dead.stream->Release({ReadOne(dead).ref}, Soon())), 1);
  const std::vector<Work> works = Claim(heir);
  ASSERT_THAT(works, SizeIs(1));
  EXPECT_GT(heir.stream->TimeLeft(works[0]), milliseconds(3000));
  EXPECT_LE(heir.stream->TimeLeft(works[0]), milliseconds(5000));
}

TEST_F(RedisFaultsTest, WhatIsInHandDoesNotExpireWhileTheClockCannotBeAsked) {
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

TEST_F(RedisFaultsTest, RequestThatNamesNoReplyStreamDoesNotHoldUpOtherAnswers) {
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

TEST_F(RedisFaultsTest, CallsAndRepliesOutliveARestartOfRedis) {
  WorkerEnd worker = MakeWorker("w");
  ServiceEnd& service = MakeService("i");
  // The reader has come further than the reply stream that will be there after the restart.
  const auto before_it = Start(service, "z");
  EXPECT_EQ(Send(worker, ReadOne(worker)), AnswerResult::kDone);
  ASSERT_TRUE(RunUntil([&] { return before_it->has_value(); }));
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

TEST_F(RedisFaultsTest, RestartForgetsUnreadRepliesAndKeepsWhatIsDoneDone) {
  redis_.Run({"XGROUP", "CREATE", "nobody-reads", "none", "$", "MKSTREAM"});
  WorkerEnd worker = MakeWorker("w");
  ServiceEnd& service = MakeService("i");
  const auto waits = Start(service, "a", milliseconds(10'000));
  Work work = ReadOne(worker);
  work.reply_stream = "nobody-reads";
  EXPECT_EQ(Send(worker, work), AnswerResult::kDone);
  EXPECT_EQ(Integer({"XLEN", "nobody-reads"}), 1);
  redis_.Kill();
  redis_.Start();
  EXPECT_EQ(Integer({"XLEN", "nobody-reads"}), 0);
  EXPECT_EQ(Integer({"XLEN", kRequests}), 0);
  // As one that was lost is: its caller hears at once that it can be made again.
  ASSERT_TRUE(RunUntil([&] { return waits->has_value(); }));
  EXPECT_EQ((*waits)->status().code(), absl::StatusCode::kUnavailable);
}

TEST_F(RedisFaultsTest, RequestsThatRedisLostFailAtOnceAndCanBeMadeAgain) {
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

TEST_F(RedisFaultsTest, DataLostOnALiveConnectionIsNoticed) {
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

TEST_F(RedisFaultsTest, NothingIsSentWithoutAReplyStreamAndItIsMadeAtOnce) {
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

TEST_F(RedisFaultsTest, AnswersThatWentWithTheReplyStreamAreNoticed) {
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
TEST_F(RedisFaultsTest, LookForLostRequestsIsRepeatedUntilItSucceeds) {
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

TEST_F(RedisFaultsTest, LostGroupIsMadeAgainAndWhatWasPendingIsReadAgain) {
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

TEST_F(RedisFaultsTest, TimeThatRedisStandsStillDoesNotLengthenTheDeadline) {
  WorkerEnd worker = MakeWorker("w");
  ServiceEnd& service = MakeService("i");
  redis_.Run({"CLIENT", "PAUSE", "700", "ALL"});
  const base::Deadline deadline = base::Deadline::After(milliseconds(3000));
  (void)Start(service, "a", milliseconds(3000));
  const Work work = ReadOne(worker);
  EXPECT_LE(worker.stream->TimeLeft(work), deadline.Remaining() + milliseconds(200));
  EXPECT_GT(worker.stream->TimeLeft(work), deadline.Remaining() - milliseconds(500));
}

TEST_F(RedisFaultsTest, WhatRedisRefusesIsNoAnswer) {
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

TEST_F(RedisFaultsTest, CallThatIsAbandonedBeforeItsTurnIsNotSent) {
  WorkerEnd worker = MakeWorker("w");
  ServiceEnd& service = MakeService("i");
  // Holds up what is sent first, so that what comes after it waits for its turn.
  redis_.Run({"CLIENT", "PAUSE", "2000", "ALL"});
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

TEST_F(RedisFaultsTest, NothingIsSentWhileRedisIsAway) {
  ServiceEnd& service = MakeService("i");
  redis_.Kill();
  ASSERT_TRUE(RunUntil([&] { return !service.commands->connected(); }));
  const auto outcome = Start(service, "a");
  ASSERT_TRUE(RunUntil([&] { return outcome->has_value(); }, milliseconds(1000)));
  EXPECT_EQ((*outcome)->status().code(), absl::StatusCode::kUnavailable);
}

}  // namespace
}  // namespace trellis::weather
