#include <gmock/gmock.h>

#include "clients/cli/commands/commands.h"
#include "clients/cli/testing/fake_keytest_service.h"
#include "clients/cli/testing/run_cli.h"

namespace trellis::cli {
namespace {

namespace v1 = keytest::v1;
using testing::FakeKeyTestService;
using ::testing::HasSubstr;
using testing::Outcome;
using testing::RunCli;
using testing::World;

v1::Status StatusOf(v1::Status::State state, int64_t consumed, int64_t dead = 0) {
  v1::Status status;
  status.set_state(state);
  status.set_keys(10);
  status.set_generated(10);
  status.set_consumed(consumed);
  status.set_dead(dead);
  status.set_pending(10 - consumed - dead);
  status.set_percent(static_cast<double>(consumed + dead) * 10);
  return status;
}

class KeyTestCommandTest : public ::testing::Test {
 protected:
  KeyTestCommandTest() {
    world_.commands = AllCommands();
    world_.environment["KEYTEST_ADDR"] = service_.address();
  }
  Outcome KeyTest(std::vector<std::string> words) {
    words.insert(words.begin(), "keytest");
    return RunCli(world_, words);
  }

  FakeKeyTestService service_;
  World world_;
};

TEST_F(KeyTestCommandTest, StartSendsWhatWasAskedForAndTheUsualOfTheRest) {
  service_.statuses = {StatusOf(v1::Status::GENERATING, 0)};
  const Outcome outcome = KeyTest({"start", "--keys", "7", "--delay-ms", "0"});
  EXPECT_EQ(outcome.code, ExitCode::kOk) << outcome.err;
  ASSERT_EQ(service_.started.size(), 1u);
  EXPECT_EQ(service_.started[0].keys(), 7);
  EXPECT_EQ(service_.started[0].delay_ms(), 0);
  EXPECT_EQ(service_.started[0].ttl_ms(), 100);
  EXPECT_EQ(service_.started[0].dedup_window_ms(), 5000);
  EXPECT_THAT(outcome.out, HasSubstr("generating"));
}

TEST_F(KeyTestCommandTest, OneThatRunsAlreadyIsNamedWithWhatToDo) {
  service_.failure = absl::FailedPreconditionError("a test is running");
  const Outcome outcome = KeyTest({"start"});
  EXPECT_EQ(outcome.code, ExitCode::kFailed);
  EXPECT_THAT(outcome.err, HasSubstr("a test is running"));
  EXPECT_THAT(outcome.err, HasSubstr("keytest watch"));
}

TEST_F(KeyTestCommandTest, BoundsAreCheckedBeforeAnythingIsSent) {
  const Outcome outcome = KeyTest({"start", "--keys", "1000001"});
  EXPECT_EQ(outcome.code, ExitCode::kUsage);
  EXPECT_THAT(outcome.err, HasSubstr("--keys"));
  EXPECT_TRUE(service_.started.empty());
}

TEST_F(KeyTestCommandTest, WatchPrintsLinesUntilTheRunHasEnded) {
  service_.statuses = {StatusOf(v1::Status::DRAINING, 4), StatusOf(v1::Status::DONE, 10)};
  const Outcome outcome = KeyTest({"watch"});
  EXPECT_EQ(outcome.code, ExitCode::kOk) << outcome.err;
  EXPECT_EQ(outcome.out,
            "draining  40.0 %  generated 10 of 10  consumed 4  pending 6  dead 0\n"
            "done 100.0 %  generated 10 of 10  consumed 10  pending 0  dead 0\n");
}

TEST_F(KeyTestCommandTest, WatchOfARunWithDeadKeysFails) {
  service_.statuses = {StatusOf(v1::Status::DONE, 9, 1)};
  EXPECT_EQ(KeyTest({"watch"}).code, ExitCode::kFailed);
}

TEST_F(KeyTestCommandTest, StartCanFollowTheRun) {
  service_.statuses = {StatusOf(v1::Status::GENERATING, 0), StatusOf(v1::Status::DONE, 10)};
  EXPECT_THAT(KeyTest({"start", "--watch"}).out, HasSubstr("done 100.0 %"));
}

TEST_F(KeyTestCommandTest, StopAndStatusShowTheCounters) {
  service_.statuses = {StatusOf(v1::Status::STOPPED, 3)};
  EXPECT_THAT(KeyTest({"stop"}).out, HasSubstr("stopped"));
  EXPECT_EQ(service_.stopped, 1);
  EXPECT_THAT(KeyTest({"status"}).out, HasSubstr("pending    7"));
  EXPECT_THAT(KeyTest({"status", "--json"}).out, HasSubstr(R"("state":"STOPPED")"));
}

}  // namespace
}  // namespace trellis::cli
