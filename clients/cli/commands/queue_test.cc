#include <gmock/gmock.h>

#include "clients/cli/commands/commands.h"
#include "clients/cli/testing/fake_enqueue_service.h"
#include "clients/cli/testing/run_cli.h"

namespace trellis::cli {
namespace {

namespace v1 = enqueue::v1;
using testing::FakeEnqueueService;
using ::testing::HasSubstr;
using ::testing::Not;
using testing::Outcome;
using testing::RunCli;
using testing::World;

class QueueTest : public ::testing::Test {
 protected:
  QueueTest() { world_.commands = AllCommands(); }
  Outcome Queue(std::vector<std::string> words) {
    words.insert(words.begin(), "queue");
    words.insert(words.end(), {"--addr", service_.address()});
    return RunCli(world_, words);
  }
  int64_t Now() const { return base::UnixMillis(world_.clock.WallNow()) / 1000; }
  void AddJobs(int count) {
    for (int i = 0; i < count; ++i) {
      v1::Job job;
      job.set_id("id-" + std::to_string(i));
      job.set_queue("emails");
      job.set_state(v1::DEAD);
      job.set_message("line one\nline\x1b[2J two");
      job.mutable_enqueued_at()->set_seconds(Now() - 192);
      job.mutable_state_time()->set_seconds(Now() - 5);
      job.set_attempts(5);
      job.set_max_attempts(5);
      job.set_last_error("boom");
      service_.jobs.push_back(job);
    }
  }
  void AskOnATerminal(const std::string& answer) {
    world_.in_is_tty = world_.err_is_tty = true;
    world_.in = answer;
  }

  FakeEnqueueService service_;
  World world_;
};

TEST_F(QueueTest, LsIsATable) {
  v1::Queue queue;
  queue.set_name("emails");
  queue.set_ready(12);
  queue.mutable_oldest_age()->set_seconds(65);
  queue.set_paused(true);
  service_.queues = {queue};
  const Outcome outcome = Queue({"ls"});
  EXPECT_EQ(outcome.code, ExitCode::kOk);
  EXPECT_EQ(outcome.out,
            "QUEUE   READY  SCHEDULED  IN-FLIGHT  RETRYING  DEAD  OLDEST  WORKERS  STATE\n"
            "emails     12          0          0         0     0    1m5s        0  paused\n");
  EXPECT_EQ(outcome.err, "");
}

TEST_F(QueueTest, LsInJsonHasEveryField) {
  service_.queues.resize(1);
  EXPECT_EQ(Queue({"ls", "--json"}).out,
            "{\"queues\":[{\"name\":\"\",\"ready\":\"0\",\"scheduled\":\"0\",\"inFlight\":\"0\","
            "\"retrying\":\"0\",\"dead\":\"0\",\"processed\":\"0\",\"failed\":\"0\","
            "\"paused\":false,\"workers\":0}]}\n");
}

TEST_F(QueueTest, ShowsTheCountsOfAQueue) {
  service_.queue.set_dead(3);
  EXPECT_THAT(Queue({"show", "emails"}).out, HasSubstr("queue        emails\n"));
  EXPECT_THAT(Queue({"show"}).out, HasSubstr("dead         3\n"));
}

TEST_F(QueueTest, ShowsAJobWithItsMessageAsItIsInAPipe) {
  AddJobs(1);
  const Outcome outcome = Queue({"show", "emails", "--id", "id-0"});
  EXPECT_EQ(outcome.code, ExitCode::kOk);
  EXPECT_THAT(outcome.out, HasSubstr("last error  boom\n"));
  EXPECT_THAT(outcome.out, HasSubstr("(3m12s ago)"));
  EXPECT_THAT(outcome.out, HasSubstr("\nline one\nline\x1b[2J two\n"));
  world_.out_is_tty = true;
  EXPECT_THAT(Queue({"show", "emails", "--id", "id-0"}).out, HasSubstr("line\\x1b[2J two"));
}

TEST_F(QueueTest, UnknownJobIsNotFound) {
  const Outcome outcome = Queue({"show", "emails", "--id", "nope"});
  EXPECT_EQ(outcome.code, ExitCode::kNotFound);
  EXPECT_EQ(outcome.out, "");
  EXPECT_THAT(outcome.err, HasSubstr("there is no such job"));
  EXPECT_THAT(outcome.err, HasSubstr("A job that is done is forgotten"));
}

TEST_F(QueueTest, PeekListsDeadJobsWithTheirErrors) {
  AddJobs(1);
  EXPECT_EQ(Queue({"peek", "emails", "--state", "dead"}).out,
            "ID      AGE  ATTEMPTS  DEAD FOR  ERROR  MESSAGE\n"
            "id-0  3m12s       5/5        5s  boom   line one\\nline\\x1b[2J two\n");
  EXPECT_EQ(service_.lists.at(0).state(), v1::DEAD);
  EXPECT_EQ(service_.lists.at(0).queue(), "emails");
}

TEST_F(QueueTest, PeekFollowsPagesToTheLimit) {
  AddJobs(1300);
  const Outcome outcome = Queue({"peek", "--limit", "1200", "--json"});
  ASSERT_EQ(service_.lists.size(), 3u);
  EXPECT_EQ(service_.lists[0].page_size(), 500);
  EXPECT_EQ(service_.lists[2].page_size(), 200);
  EXPECT_THAT(outcome.out, HasSubstr("\"id-1199\""));
  EXPECT_THAT(outcome.out, HasSubstr("\"nextPageToken\":\"1200\""));
}

TEST_F(QueueTest, PeekSaysThatThereAreMore) {
  AddJobs(60);
  EXPECT_THAT(Queue({"peek"}).err, HasSubstr("there are more"));
}

TEST_F(QueueTest, PeekOfNothingHasNoData) {
  const Outcome outcome = Queue({"peek", "emails"});
  EXPECT_EQ(outcome.code, ExitCode::kOk);
  EXPECT_EQ(outcome.out, "");
  EXPECT_EQ(outcome.err, "trellis: no ready jobs in queue emails\n");
}

TEST_F(QueueTest, PauseAndResumeSayWhatBecame) {
  service_.queue.set_ready(1);
  const Outcome paused = Queue({"pause", "emails"});
  EXPECT_EQ(paused.code, ExitCode::kOk);
  EXPECT_EQ(paused.out, "");
  EXPECT_THAT(paused.err,
              HasSubstr("emails is paused; 0 jobs in flight will end, 1 job will wait"));
  EXPECT_THAT(Queue({"resume", "--json"}).out, HasSubstr("\"paused\":false"));
}

TEST_F(QueueTest, RetryAllLoopsOverThousands) {
  service_.queue.set_dead(2500);
  const Outcome outcome = Queue({"retry", "emails", "--all", "--json"});
  EXPECT_EQ(outcome.code, ExitCode::kOk);
  EXPECT_EQ(service_.retries.size(), 3u);
  EXPECT_EQ(outcome.out, "{\"retried\":2500}\n");
  EXPECT_EQ(outcome.err, "trellis: 2500 jobs ready again\n");
}

TEST_F(QueueTest, ManyIdsGoInThousands) {
  service_.queue.set_dead(5000);
  std::vector<std::string> words{"retry", "emails"};
  for (int i = 0; i < 1001; ++i) words.push_back("id-" + std::to_string(i));
  EXPECT_EQ(Queue(words).code, ExitCode::kOk);
  ASSERT_EQ(service_.retries.size(), 2u);
  EXPECT_EQ(service_.retries[1].ids_size(), 1);
}

TEST_F(QueueTest, IdsOfNoDeadJobAreNotFound) {
  service_.queue.set_dead(1);
  const Outcome outcome = Queue({"retry", "emails", "a", "b"});
  EXPECT_EQ(outcome.code, ExitCode::kNotFound);
  EXPECT_THAT(outcome.err, HasSubstr("1 job ready again"));
  EXPECT_THAT(outcome.err, HasSubstr("1 id of no dead job in queue emails"));
}

TEST_F(QueueTest, NeitherIdsNorAllTouchesNothing) {
  service_.queue.set_dead(3);
  EXPECT_EQ(Queue({"retry", "emails"}).code, ExitCode::kUsage);
  EXPECT_EQ(Queue({"purge", "emails", "--yes"}).code, ExitCode::kUsage);
  EXPECT_EQ(Queue({"purge", "emails", "some-id", "--all", "--yes"}).code, ExitCode::kUsage);
  EXPECT_THAT(Queue({"retry", "0190a8c0-7b1e-7000-8000-000000000001"}).err,
              HasSubstr("The queue's name comes before the ids"));
  EXPECT_TRUE(service_.retries.empty());
  EXPECT_TRUE(service_.purges.empty());
}

TEST_F(QueueTest, PurgeWithoutATerminalWantsYes) {
  service_.queue.set_dead(3);
  const Outcome refused = Queue({"purge", "emails", "--all"});
  EXPECT_EQ(refused.code, ExitCode::kUsage);
  EXPECT_THAT(refused.err, HasSubstr("say --yes"));
  EXPECT_TRUE(service_.purges.empty());
  EXPECT_EQ(Queue({"purge", "emails", "--all", "--yes"}).code, ExitCode::kOk);
  EXPECT_EQ(service_.queue.dead(), 0);
}

TEST_F(QueueTest, PurgeAsksOnATerminal) {
  service_.queue.set_dead(3);
  AskOnATerminal("y\n");
  const Outcome outcome = Queue({"purge", "emails", "--all"});
  EXPECT_EQ(outcome.code, ExitCode::kOk);
  EXPECT_THAT(outcome.err, HasSubstr("Delete 3 dead jobs of queue emails for good? [y/N] "));
  EXPECT_THAT(outcome.err, HasSubstr("3 jobs deleted"));
  EXPECT_EQ(outcome.out, "");
}

TEST_F(QueueTest, AnythingButYesPurgesNothing) {
  service_.queue.set_dead(3);
  for (const char* answer : {"n\n", "\n", "", "yeah\n"}) {
    AskOnATerminal(answer);
    const Outcome outcome = Queue({"purge", "emails", "some-id"});
    EXPECT_EQ(outcome.code, ExitCode::kFailed) << answer;
    EXPECT_THAT(outcome.err, HasSubstr("nothing was deleted"));
  }
  EXPECT_TRUE(service_.purges.empty());
}

TEST_F(QueueTest, FailureInTheMiddleSaysWhatIsDone) {
  service_.queue.set_dead(2500);
  service_.FailWith(absl::UnavailableError("gone"), 2);
  const Outcome outcome = Queue({"purge", "emails", "--all", "--yes"});
  EXPECT_EQ(outcome.code, ExitCode::kUnreachable);
  EXPECT_THAT(outcome.err, HasSubstr("1000 jobs deleted before that."));
}

TEST_F(QueueTest, ReadsAreRepeatedWhenTheServerIsAwayForAMoment) {
  service_.FailWith(absl::UnavailableError("gone"));
  EXPECT_EQ(Queue({"ls"}).code, ExitCode::kUnreachable);
  EXPECT_EQ(Queue({"show"}).code, ExitCode::kUnreachable);
  EXPECT_GT(service_.calls(), 2);
}

TEST_F(QueueTest, WatchInAPipeIsALineForEachSnapshot) {
  service_.streams = {{.snapshots = {{}, {}}, .end = absl::OkStatus()}};
  const Outcome outcome = Queue({"watch"});
  EXPECT_EQ(outcome.code, ExitCode::kOk);
  EXPECT_EQ(std::count(outcome.out.begin(), outcome.out.end(), '\n'), 3) << outcome.out;
  EXPECT_THAT(outcome.out, Not(HasSubstr("\x1b")));
}

TEST_F(QueueTest, WatchOnATerminalDrawsOverItself) {
  service_.streams = {{.snapshots = {{}, {}}, .end = absl::OkStatus()}};
  world_.out_is_tty = true;
  EXPECT_THAT(Queue({"watch"}).out, HasSubstr("\x1b[12F\x1b[J"));
  service_.streams = {{.snapshots = {{}, {}}, .end = absl::OkStatus()}};
  world_.environment["TERM"] = "dumb";
  EXPECT_THAT(Queue({"watch"}).out, Not(HasSubstr("\x1b")));
}

TEST_F(QueueTest, WatchInJsonIsAnObjectToALine) {
  service_.streams = {{.snapshots = {{}, {}}, .end = absl::OkStatus()}};
  const std::string out = Queue({"watch", "--json"}).out;
  EXPECT_EQ(std::count(out.begin(), out.end(), '\n'), 2);
  EXPECT_THAT(out, ::testing::StartsWith("{\"name\":"));
}

TEST_F(QueueTest, WatchConnectsAgainWhileThereAreAnswers) {
  service_.streams = {{.snapshots = {{}}, .end = absl::UnavailableError("too old")},
                      {.snapshots = {{}}, .end = absl::OkStatus()}};
  const Outcome outcome = Queue({"watch", "--json"});
  EXPECT_EQ(outcome.code, ExitCode::kOk);
  EXPECT_THAT(outcome.err, HasSubstr("connecting again"));
  EXPECT_EQ(std::count(outcome.out.begin(), outcome.out.end(), '\n'), 2);
}

TEST_F(QueueTest, WatchGivesUpWithoutAnAnswer) {
  service_.streams = {{.snapshots = {}, .end = absl::UnavailableError("gone")}};
  EXPECT_EQ(Queue({"watch"}).code, ExitCode::kUnreachable);
}

}  // namespace
}  // namespace trellis::cli
