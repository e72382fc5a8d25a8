#include <gmock/gmock.h>

#include "clients/cli/commands/commands.h"
#include "clients/cli/commands/line_chunks.h"
#include "clients/cli/testing/fake_enqueue_service.h"
#include "clients/cli/testing/run_cli.h"

namespace trellis::cli {
namespace {

using testing::FakeEnqueueService;
using ::testing::HasSubstr;
using ::testing::Not;
using testing::Outcome;
using testing::RunCli;
using testing::World;

class EnqueueTest : public ::testing::Test {
 protected:
  EnqueueTest() {
    world_.commands = AllCommands();
    world_.environment["ENQUEUE_ADDR"] = service_.address();
  }
  Outcome Enqueue(std::vector<std::string> words) {
    words.insert(words.begin(), "enqueue");
    return RunCli(world_, words);
  }

  FakeEnqueueService service_;
  World world_;
};

TEST_F(EnqueueTest, PrintsTheIdAndNothingElse) {
  const Outcome outcome = Enqueue({"hello"});
  EXPECT_EQ(outcome.code, ExitCode::kOk);
  EXPECT_EQ(outcome.out, "id-1\n");
  EXPECT_EQ(outcome.err, "");
  ASSERT_EQ(service_.enqueued.size(), 1u);
  EXPECT_EQ(service_.enqueued[0].message(), "hello");
  EXPECT_FALSE(service_.enqueued[0].has_delay());
}

TEST_F(EnqueueTest, SendsItsFlags) {
  ASSERT_EQ(Enqueue({"hello", "--queue", "emails", "--delay=250ms", "--unique-key", "k",
                     "--unique-for", "2h", "--max-attempts", "7"})
                .code,
            ExitCode::kOk);
  EXPECT_THAT(service_.enqueued.at(0).ShortDebugString(),
              "message: \"hello\" queue: \"emails\" delay { nanos: 250000000 } unique_key: \"k\" "
              "unique_for { seconds: 7200 } max_attempts: 7");
}

TEST_F(EnqueueTest, AnswersInJson) {
  const Outcome outcome = Enqueue({"hello", "--json"});
  EXPECT_EQ(outcome.out, "{\"enqueued\":true,\"id\":\"id-1\"}\n");
  EXPECT_EQ(outcome.err, "");
}

TEST_F(EnqueueTest, SaysThatTheKeyIsTaken) {
  service_.duplicate = true;
  const Outcome outcome = Enqueue({"hello", "--unique-key", "k"});
  EXPECT_EQ(outcome.code, ExitCode::kOk);
  EXPECT_EQ(outcome.out, "id-1\n");
  EXPECT_THAT(outcome.err, HasSubstr("the unique key is taken"));
  EXPECT_EQ(Enqueue({"hello", "--unique-key", "k", "--json"}).out,
            "{\"enqueued\":true,\"id\":\"id-2\",\"duplicate\":true}\n");
}

TEST_F(EnqueueTest, DashReadsStdinLessOneNewline) {
  world_.in = "two\nlines\n\n";
  ASSERT_EQ(Enqueue({"-"}).code, ExitCode::kOk);
  EXPECT_EQ(service_.enqueued.at(0).message(), "two\nlines\n");
}

TEST_F(EnqueueTest, WhatCannotBeSentIsAUsageError) {
  EXPECT_THAT(Enqueue({}).err, HasSubstr("enqueue needs TEXT or --batch"));
  EXPECT_THAT(Enqueue({""}).err, HasSubstr("TEXT is empty"));
  EXPECT_THAT(Enqueue({"hello", "world"}).err, HasSubstr("text with spaces needs quotes"));
  EXPECT_THAT(Enqueue({"x", "--batch"}).err, HasSubstr("--batch reads stdin"));
  EXPECT_THAT(Enqueue({"--batch", "--unique-key", "k"}).err, HasSubstr("is for one job"));
  EXPECT_THAT(Enqueue({"x", "--unique-for", "1h"}).err, HasSubstr("needs --unique-key"));
  world_.in = std::string(kMaxMessageBytes + 1, 'x');
  const Outcome outcome = Enqueue({"-"});
  EXPECT_EQ(outcome.code, ExitCode::kUsage);
  EXPECT_THAT(outcome.err, HasSubstr("stdin is larger than 512 KiB"));
  world_.in = "\xFF";
  EXPECT_THAT(Enqueue({"-"}).err, HasSubstr("stdin is not UTF-8 text"));
  EXPECT_TRUE(service_.enqueued.empty());
}

TEST_F(EnqueueTest, TheLargestMessageIsSent) {
  world_.in = std::string(kMaxMessageBytes, 'x') + "\n";
  EXPECT_EQ(Enqueue({"-"}).code, ExitCode::kOk);
  EXPECT_EQ(service_.enqueued.at(0).message().size(), kMaxMessageBytes);
}

TEST_F(EnqueueTest, PrintsFieldViolations) {
  service_.FailWith(base::InvalidField("delay", "must be from 0s to 31536000s"));
  const Outcome outcome = Enqueue({"hello", "--delay", "99999h"});
  EXPECT_EQ(outcome.code, ExitCode::kFailed);
  EXPECT_EQ(outcome.out, "");
  EXPECT_EQ(outcome.err, "trellis: delay: must be from 0s to 31536000s\n");
}

TEST_F(EnqueueTest, RefusalOfTheServiceIsFailure) {
  service_.FailWith(absl::ResourceExhaustedError("queue emails is full"));
  const Outcome outcome = Enqueue({"hello"});
  EXPECT_EQ(outcome.code, ExitCode::kFailed);
  EXPECT_EQ(outcome.err, "trellis: queue emails is full (RESOURCE_EXHAUSTED)\n");
}

TEST_F(EnqueueTest, MissingServerIsNamedWithWhatToDo) {
  const Outcome outcome = Enqueue({"hello", "--addr", "127.0.0.1:1"});
  EXPECT_EQ(outcome.code, ExitCode::kUnreachable);
  EXPECT_EQ(outcome.out, "");
  EXPECT_THAT(outcome.err, HasSubstr("127.0.0.1:1 is not available"));
  EXPECT_THAT(outcome.err, HasSubstr("./trellis up"));
  EXPECT_THAT(outcome.err, HasSubstr("ENQUEUE_ADDR"));
  EXPECT_THAT(outcome.err, HasSubstr("with --unique-key a repeat is safe"));
}

TEST_F(EnqueueTest, LostAnswerWithAUniqueKeyMayBeRepeated) {
  service_.FailWith(absl::DeadlineExceededError("late"));
  const Outcome outcome = Enqueue({"hello", "--unique-key", "k", "--timeout", "5s"});
  EXPECT_EQ(outcome.code, ExitCode::kUnreachable);
  EXPECT_THAT(outcome.err, HasSubstr("did not answer within 5s"));
  EXPECT_THAT(outcome.err, HasSubstr("a repeat is safe"));
}

TEST_F(EnqueueTest, EnqueueIsNotRepeatedByItself) {
  service_.FailWith(absl::UnavailableError("Redis is away"));
  EXPECT_EQ(Enqueue({"hello"}).code, ExitCode::kUnreachable);
  EXPECT_EQ(service_.enqueued.size(), 1u);
}

TEST_F(EnqueueTest, TextOfTheServerCannotDriveTheTerminal) {
  service_.FailWith(absl::InternalError("\x1b[2Jboo"));
  EXPECT_THAT(Enqueue({"hello"}).err, Not(HasSubstr("\x1b")));
}

TEST_F(EnqueueTest, BatchSendsLinesByTheThousand) {
  for (int i = 0; i < 2500; ++i) world_.in += std::to_string(i) + (i % 2 == 0 ? "\n" : "\n\n");
  const Outcome outcome = Enqueue({"--batch", "--queue", "emails", "--max-attempts", "2"});
  EXPECT_EQ(outcome.code, ExitCode::kOk);
  ASSERT_EQ(service_.batches.size(), 3u);
  EXPECT_EQ(service_.batches[0].jobs_size(), 1000);
  EXPECT_EQ(service_.batches[2].jobs_size(), 500);
  EXPECT_EQ(service_.batches[1].jobs(0).message(), "1000");
  EXPECT_EQ(service_.batches[1].jobs(0).max_attempts(), 2);
  EXPECT_EQ(service_.batches[1].queue(), "emails");
  EXPECT_THAT(outcome.out, ::testing::StartsWith("id-of-0\nid-of-1\n"));
  EXPECT_EQ(outcome.err, "trellis: 2500 jobs enqueued\n");
}

TEST_F(EnqueueTest, BatchStaysBelowTheSizeOfAMessage) {
  for (int i = 0; i < 20; ++i) world_.in += std::string(500'000, 'x') + "\n";
  EXPECT_EQ(Enqueue({"--batch"}).code, ExitCode::kOk);
  EXPECT_EQ(service_.batches.size(), 3u);
}

TEST_F(EnqueueTest, BatchInJsonIsAnObjectForEachRequest) {
  world_.in = "a\nb";
  EXPECT_EQ(Enqueue({"--batch", "--json"}).out,
            "{\"jobs\":[{\"enqueued\":false,\"id\":\"id-of-a\"},"
            "{\"enqueued\":false,\"id\":\"id-of-b\"}]}\n");
}

TEST_F(EnqueueTest, FailedBatchSaysWhatIsStored) {
  for (int i = 0; i < 1500; ++i) world_.in += "x\n";
  service_.FailWith(absl::UnavailableError("gone"), 1);
  const Outcome outcome = Enqueue({"--batch"});
  EXPECT_EQ(outcome.code, ExitCode::kUnreachable);
  EXPECT_THAT(outcome.err, HasSubstr("Lines before 1001 are stored."));
  EXPECT_THAT(outcome.err, HasSubstr("Lines 1001 to 1500 may be stored, all or none."));
}

TEST_F(EnqueueTest, BatchNamesTheLineThatCannotBeSent) {
  world_.in = "fine\n\n\xFF\n";
  const Outcome outcome = Enqueue({"--batch"});
  EXPECT_EQ(outcome.code, ExitCode::kFailed);
  EXPECT_THAT(outcome.err, HasSubstr("line 3 is not UTF-8 text"));
  EXPECT_TRUE(service_.batches.empty());
}

}  // namespace
}  // namespace trellis::cli
