#include "services/enqueue/redis_work_source.h"

#include "services/enqueue/testing/redis_fixture.h"

namespace trellis::enqueue {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using testing::MessagesOf;
using testing::RefsOf;
using ::testing::SizeIs;

class RedisWorkSourceTest : public testing::RedisFixture {
 protected:
  // As if the worker had been silent for longer than its lease.
  void EndLease(const std::string& worker) {
    (void)redis_.Run({"ZADD", "{messages}:workers", "1", worker});
  }
  // The claimed jobs after their worker was taken for dead by `heir`.
  std::vector<ClaimedJob> TakeOver(const std::string& worker, WorkerEnd& heir) {
    EndLease(worker);
    Tick(heir);
    return Claim(heir);
  }
};

TEST_F(RedisWorkSourceTest, OldestJobComesFirst) {
  Enqueue({"a", "b", "c"});
  WorkerEnd worker = MakeWorker("w");
  EXPECT_THAT(MessagesOf(Claim(worker, 2)), ElementsAre("a", "b"));
  EXPECT_THAT(MessagesOf(Claim(worker, 2)), ElementsAre("c"));
}

TEST_F(RedisWorkSourceTest, PushedTextIsAMessage) {
  (void)redis_.Run({"LPUSH", "messages", "hi", "job:unknown"});
  WorkerEnd worker = MakeWorker("w");
  const auto jobs = Claim(worker);
  EXPECT_THAT(MessagesOf(jobs), ElementsAre("hi", "job:unknown"));
  EXPECT_NE(jobs[0].ref.id, jobs[1].ref.id);
  EXPECT_THAT(*Await(worker.source->Complete(RefsOf(jobs), Soon())), IsEmpty());
  EXPECT_EQ(redis_.Run({"HLEN", "{messages}:jobs"}).Integer(), 0);
}

TEST_F(RedisWorkSourceTest, CompletedJobIsForgotten) {
  Enqueue({"a", "b"});
  WorkerEnd worker = MakeWorker("w");
  EXPECT_THAT(*Await(worker.source->Complete(RefsOf(Claim(worker)), Soon())), IsEmpty());
  EXPECT_EQ(Stats().processed, 2);
  EXPECT_EQ(redis_.Run({"EXISTS", "{messages}:jobs", "{messages}:held:w"}).Integer(), 0);
}

TEST_F(RedisWorkSourceTest, CompletingTwiceIsFencedAndCountsOnce) {
  Enqueue({"a"});
  WorkerEnd worker = MakeWorker("w");
  const auto refs = RefsOf(Claim(worker));
  EXPECT_THAT(*Await(worker.source->Complete(refs, Soon())), IsEmpty());
  EXPECT_THAT(*Await(worker.source->Complete(refs, Soon())), SizeIs(1));
  EXPECT_EQ(Stats().processed, 1);
}

TEST_F(RedisWorkSourceTest, NoClaimWithoutALease) {
  Enqueue({"a"});
  WorkerEnd worker = MakeWorker("w");
  (void)redis_.Run({"ZREM", "{messages}:workers", "w"});
  EXPECT_EQ(Await(worker.source->Claim(1, 0, 1 << 26, Soon())).status().code(),
            absl::StatusCode::kFailedPrecondition);
  EXPECT_FALSE(Tick(worker).had_lease);
  EXPECT_THAT(Claim(worker), SizeIs(1));
}

TEST_F(RedisWorkSourceTest, EndedLeaseGivesJobsToOthersAndFencesTheFirst) {
  Enqueue({"a"});
  WorkerEnd first = MakeWorker("first");
  WorkerEnd second = MakeWorker("second");
  const auto lost = Claim(first);
  const auto gained = TakeOver("first", second);
  ASSERT_THAT(MessagesOf(gained), ElementsAre("a"));
  EXPECT_EQ(gained[0].crashes, 1);
  EXPECT_GT(gained[0].ref.token, lost[0].ref.token);
  EXPECT_THAT(*Await(first.source->Complete(RefsOf(lost), Soon())), SizeIs(1));
  EXPECT_EQ(Await(first.source->Fail(lost[0], "late", milliseconds(0), Soon())).status().code(),
            absl::StatusCode::kAborted);
  EXPECT_FALSE(Tick(first).had_lease);
  EXPECT_EQ(Get(lost[0].ref.id).worker, "second");
}

TEST_F(RedisWorkSourceTest, SameWorkerIsFencedByItsOwnLaterClaim) {
  Enqueue({"a"});
  WorkerEnd worker = MakeWorker("w");
  WorkerEnd other = MakeWorker("other");
  const auto before = Claim(worker);
  EndLease("w");
  Tick(other);
  Tick(worker);
  const auto after = Claim(worker);
  ASSERT_THAT(after, SizeIs(1));
  EXPECT_THAT(*Await(worker.source->Complete(RefsOf(before), Soon())), SizeIs(1));
  EXPECT_THAT(*Await(worker.source->Complete(RefsOf(after), Soon())), IsEmpty());
}

TEST_F(RedisWorkSourceTest, LostConnectionEndsTheLeaseSooner) {
  Enqueue({"a"});
  WorkerEnd first = MakeWorker("first", {.lease = milliseconds(60'000)});
  WorkerEnd second =
      MakeWorker("second", {.lease = milliseconds(60'000), .reconnect_grace = milliseconds(0)});
  ASSERT_THAT(Claim(first), SizeIs(1));
  EXPECT_EQ(Tick(second).taken_over, 0) << "its connection is there";
  first.commands.reset();
  EXPECT_TRUE(base::testing::WaitUntil([&] { return Tick(second).taken_over == 1; }));
}

TEST_F(RedisWorkSourceTest, ReconnectedWorkerKeepsItsJobs) {
  Enqueue({"a"});
  WorkerEnd first = MakeWorker("first", {.lease = milliseconds(60'000)});
  WorkerEnd second = MakeWorker(
      "second", {.lease = milliseconds(60'000), .reconnect_grace = milliseconds(60'000)});
  ASSERT_THAT(Claim(first), SizeIs(1));
  (void)redis_.Run({"CLIENT", "KILL", "ID", std::to_string(first.commands->client_id())});
  ASSERT_TRUE(base::testing::WaitUntil([&] {
    context_.run_one_for(milliseconds(5));
    return first.commands->generation() == 2;
  }));
  EXPECT_TRUE(Tick(first).had_lease);
  EXPECT_EQ(Tick(second).taken_over, 0);
  EXPECT_EQ(Stats().in_flight, 1);
}

TEST_F(RedisWorkSourceTest, WorkerLeavesOthersAloneWhileAllReconnect) {
  Enqueue({"a"});
  WorkerEnd first = MakeWorker("first");
  WorkerEnd second =
      MakeWorker("second", {.lease = milliseconds(60'000), .reconnect_grace = milliseconds(0)});
  ASSERT_THAT(Claim(first), SizeIs(1));
  redis_.Kill();
  redis_.Start();
  ASSERT_TRUE(base::testing::WaitUntil([&] {
    context_.run_one_for(milliseconds(5));
    return second.commands->generation() == 2 && second.commands->connected();
  }));
  EndLease("first");
  EXPECT_EQ(Tick(second).taken_over, 0);
}

TEST_F(RedisWorkSourceTest, WorkerThatHadToReconnectLeavesOthersAlone) {
  Enqueue({"a"});
  WorkerEnd first = MakeWorker("first");
  WorkerEnd second = MakeWorker("second");
  ASSERT_THAT(Claim(first), SizeIs(1));
  (void)redis_.Run({"CLIENT", "KILL", "ID", std::to_string(second.commands->client_id())});
  ASSERT_TRUE(base::testing::WaitUntil([&] {
    context_.run_one_for(milliseconds(5));
    return second.commands->generation() == 2;
  }));
  EndLease("first");
  EXPECT_EQ(Tick(second).taken_over, 0);
}

TEST_F(RedisWorkSourceTest, WorkerThatStartsWhileOthersReconnectLeavesThemAlone) {
  Enqueue({"a", "b"});
  WorkerEnd late = MakeWorker("late");  // its lease will have run out in the outage
  WorkerEnd away = MakeWorker("away");  // it will not be connected
  ASSERT_THAT(Claim(late, 1), SizeIs(1));
  ASSERT_THAT(Claim(away, 1), SizeIs(1));
  redis_.Kill();
  away.commands.reset();
  redis_.Start();
  WorkerEnd newcomer =
      MakeWorker("new", {.lease = milliseconds(60'000), .reconnect_grace = milliseconds(0)});
  EndLease("late");
  EXPECT_EQ(Tick(newcomer).taken_over, 0);
  EXPECT_EQ(Tick(newcomer).taken_over, 0);
  EXPECT_EQ(Stats().in_flight, 2);
}

TEST_F(RedisWorkSourceTest, WorkersWhoseJobsWereLeftAloneAreTakenOverFromAfterALease) {
  Enqueue({"a", "b"});
  WorkerEnd late = MakeWorker("late");
  WorkerEnd away = MakeWorker("away");
  ASSERT_THAT(Claim(late, 1), SizeIs(1));
  ASSERT_THAT(Claim(away, 1), SizeIs(1));
  redis_.Kill();
  away.commands.reset();
  redis_.Start();
  EndLease("late");
  WorkerEnd newcomer = MakeWorker("new", {.lease = milliseconds(500)});
  int taken_over = 0;
  EXPECT_TRUE(
      base::testing::WaitUntil([&] { return (taken_over += Tick(newcomer).taken_over) == 2; }));
}

// Redis was frozen, the machine stood still, or its clock jumped: nobody could renew a lease.
TEST_F(RedisWorkSourceTest, FirstHeartbeatAfterAPauseOfAllTakesNothing) {
  Enqueue({"a"});
  const WorkSourceOptions brief = {.lease = milliseconds(200), .reconnect_grace = milliseconds(0)};
  WorkerEnd first = MakeWorker("first", brief);
  WorkerEnd second = MakeWorker("second", brief);
  ASSERT_THAT(Claim(first), SizeIs(1));
  const int64_t lease_end = redis_.Run({"ZSCORE", "{messages}:workers", "first"}).Integer();
  ASSERT_TRUE(
      base::testing::WaitUntil([&] { return base::UnixMillis(clock_.WallNow()) > lease_end; }));
  WorkerEnd third = MakeWorker("third", brief);  // ticks
  EXPECT_EQ(Stats().in_flight, 1);
  EXPECT_TRUE(Tick(first).had_lease);
  EXPECT_EQ(Tick(second).taken_over, 0);
  EXPECT_EQ(Stats().in_flight, 1);
}

// Such as one that was stopped: the others have had heartbeats all the time.
TEST_F(RedisWorkSourceTest, PauseOfOneWorkerIsNoneOfAll) {
  Enqueue({"a"});
  WorkerEnd first = MakeWorker("first", {.lease = milliseconds(200)});
  WorkerEnd second = MakeWorker("second", {.lease = milliseconds(1000)});
  ASSERT_THAT(Claim(first), SizeIs(1));
  EXPECT_TRUE(base::testing::WaitUntil([&] { return Tick(second).taken_over == 1; }));
  EXPECT_FALSE(Tick(first).had_lease);
}

TEST_F(RedisWorkSourceTest, ClockThatWasSetBackStopsNoTakeOver) {
  Enqueue({"a"});
  WorkerEnd first = MakeWorker("first");
  WorkerEnd second = MakeWorker("second", {.lease = milliseconds(300)});
  ASSERT_THAT(Claim(first), SizeIs(1));
  const int64_t tomorrow = base::UnixMillis(clock_.WallNow()) + 86'400'000;
  (void)redis_.Run({"HSET", "{messages}:beats", "since", std::to_string(tomorrow), "last",
                    std::to_string(tomorrow)});
  EndLease("first");
  EXPECT_EQ(Tick(second).taken_over, 0);
  EXPECT_TRUE(base::testing::WaitUntil([&] { return Tick(second).taken_over == 1; }));
}

TEST_F(RedisWorkSourceTest, FailedJobRunsAgainUntilItsAttemptsAreUsed) {
  Enqueue({"a"});
  WorkerEnd worker = MakeWorker("w");
  for (int attempt = 0; attempt < kDefaultMaxAttempts; ++attempt) {
    const auto jobs = Claim(worker);
    ASSERT_THAT(jobs, SizeIs(1));
    EXPECT_EQ(jobs[0].attempts, attempt);
    const auto dead = Await(worker.source->Fail(jobs[0], "broken", milliseconds(0), Soon()));
    EXPECT_EQ(*dead, attempt == kDefaultMaxAttempts - 1);
    Tick(worker);
  }
  EXPECT_EQ(Stats().dead, 1);
}

TEST_F(RedisWorkSourceTest, RetryWaitsForItsDelay) {
  Enqueue({"a"});
  WorkerEnd worker = MakeWorker("w");
  const auto jobs = Claim(worker);
  EXPECT_FALSE(*Await(worker.source->Fail(jobs[0], "broken", milliseconds(60'000), Soon())));
  Tick(worker);
  EXPECT_THAT(Claim(worker), IsEmpty());
  EXPECT_EQ(Get(jobs[0].ref.id).state, JobState::kRetrying);
  EXPECT_EQ(Stats().retrying, 1);
}

TEST_F(RedisWorkSourceTest, JobThatKillsThreeWorkersIsDeadAndItsNeighboursLive) {
  std::vector<std::string> messages;
  for (int i = 0; i < 50; ++i) messages.push_back(i == 20 ? "poison" : "good");
  Enqueue(messages);
  int deaths = 0;
  int done = 0;
  // Workers die whenever the poison is in their hands; everything else in the batch is innocent.
  for (int round = 0; round < 200 && (done < 49 || deaths < 3); ++round) {
    const std::string name = "w" + std::to_string(round);
    WorkerEnd worker = MakeWorker(name);
    const auto jobs = Claim(worker);
    const auto batch = MessagesOf(jobs);
    if (std::find(batch.begin(), batch.end(), "poison") != batch.end()) {
      ++deaths;
      WorkerEnd heir = MakeWorker("heir" + std::to_string(round));
      EndLease(name);
      Tick(heir);
      continue;
    }
    if (jobs.empty()) continue;
    done += static_cast<int>(jobs.size());
    EXPECT_THAT(*Await(worker.source->Complete(RefsOf(jobs), Soon())), IsEmpty());
  }
  EXPECT_EQ(done, 49);
  EXPECT_EQ(deaths, 3);
  EXPECT_EQ(Stats().dead, 1);
  EXPECT_EQ(Stats().ready, 0);
}

TEST_F(RedisWorkSourceTest, TwiceSuspectedJobIsGivenOnlyToEmptyHands) {
  const auto ids = Enqueue({"suspect", "good"});
  (void)redis_.Run({"HSET", "{messages}:tries", ids[0], "0 2 "});
  WorkerEnd worker = MakeWorker("w");
  const auto refused = Await(worker.source->Claim(10, 1, 1 << 26, Soon()));
  EXPECT_TRUE(refused->wants_empty_hands);
  EXPECT_THAT(refused->jobs, IsEmpty());
  EXPECT_THAT(MessagesOf(Claim(worker, 10, 0)), ElementsAre("suspect"));
  EXPECT_THAT(MessagesOf(Claim(worker, 10, 0)), ElementsAre("good"));
}

TEST_F(RedisWorkSourceTest, ClaimStopsAtItsBytes) {
  std::vector<std::string> messages;
  for (int i = 0; i < 300; ++i)
    messages.push_back(std::to_string(1000 + i) + std::string(996, 'x'));
  Enqueue(messages);
  WorkerEnd worker = MakeWorker("w");
  std::vector<std::string> claimed;
  while (claimed.size() < messages.size()) {
    const auto batch = Await(worker.source->Claim(1000, 0, 200'000, Soon()));
    ASSERT_TRUE(batch.ok());
    ASSERT_FALSE(batch->jobs.empty());
    EXPECT_LE(batch->jobs.size(), 200u);
    for (const ClaimedJob& job : batch->jobs) claimed.push_back(job.message);
  }
  EXPECT_EQ(claimed, messages) << "in the order of the line";
  Enqueue({std::string(5000, 'y')});
  EXPECT_EQ(Await(worker.source->Claim(1, 0, 1, Soon()))->jobs.size(), 1u)
      << "one job may always be taken";
}

TEST_F(RedisWorkSourceTest, ReleasedJobsAreNextAgainAndNotToBlame) {
  Enqueue({"a", "b", "c"});
  WorkerEnd worker = MakeWorker("w");
  EXPECT_TRUE(Await(worker.source->Release(RefsOf(Claim(worker, 2)), Soon())).ok());
  const auto jobs = Claim(worker);
  EXPECT_THAT(MessagesOf(jobs), ElementsAre("a", "b", "c"));
  EXPECT_EQ(jobs[0].attempts + jobs[0].crashes, 0);
  EXPECT_TRUE(jobs[0].redelivered) << "they may have been run in part";
  EXPECT_FALSE(jobs[2].redelivered);
}

TEST_F(RedisWorkSourceTest, ReconcileGivesBackClaimsWhoseAnswerWasLost) {
  Enqueue({"known", "lost"});
  WorkerEnd worker = MakeWorker("w");
  const auto known = Claim(worker, 1);
  (void)Claim(worker, 1);  // its answer never arrives
  EXPECT_EQ(Tick(worker).held, 2);
  EXPECT_EQ(*Await(worker.source->Reconcile(RefsOf(known), Soon())), 1);
  EXPECT_EQ(Tick(worker).held, 1);
  const auto again = Claim(worker);
  EXPECT_THAT(MessagesOf(again), ElementsAre("lost"));
  EXPECT_TRUE(again[0].redelivered) << "nobody can be sure that it was not run";
}

TEST_F(RedisWorkSourceTest, AwaitWorkWakesForAnyPushAndTakesNothing) {
  WorkerEnd worker = MakeWorker("w");
  bool woken = false;
  boost::asio::co_spawn(context_, worker.source->AwaitWork(milliseconds(20'000)),
                        [&woken](std::exception_ptr) { woken = true; });
  ASSERT_TRUE(base::testing::WaitUntil([&] {
    context_.run_one_for(milliseconds(5));
    return redis_.Run({"CLIENT", "LIST"}).Text().find("cmd=blmove") != std::string_view::npos;
  }));
  EXPECT_FALSE(woken);
  (void)redis_.Run({"LPUSH", "messages", "hi"});
  EXPECT_TRUE(base::testing::WaitUntil([&] {
    context_.run_one_for(milliseconds(5));
    return woken;
  }));
  EXPECT_EQ(redis_.Run({"LLEN", "messages"}).Integer(), 1);
}

TEST_F(RedisWorkSourceTest, LeavingWorkerIsForgotten) {
  WorkerEnd worker = MakeWorker("w");
  EXPECT_TRUE(Await(worker.source->Leave(Soon())).ok());
  EXPECT_EQ(redis_.Run({"EXISTS", "{messages}:workers", "{messages}:clients"}).Integer(), 0);
}

}  // namespace
}  // namespace trellis::enqueue
