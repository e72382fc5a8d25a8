// ./trellis load against a server that stands still for a second: the stall has to be in the
// percentiles, and no call that was due in it may be forgotten.
#include <gmock/gmock.h>
#include <google/protobuf/struct.pb.h>

#include <csignal>

#include "mesh/base/testing/subprocess.h"
#include "tests/support/json.h"
#include "tests/support/stack_fixture.h"

namespace trellis::testing {
namespace {

using base::testing::ReadFile;
using base::testing::Subprocess;
using google::protobuf::Struct;
using ::testing::HasSubstr;

class LoadTest : public StackTest {
 protected:
  // trellis load enqueue on a stack of its own. Where the tests run in the background of a script,
  // SIGINT is ignored, which the tool would inherit and respect.
  void Start(std::vector<std::string> flags) {
    Make({.workers = 0});
    flags.insert(flags.begin(), {"env", "--default-signal=INT", TRELLIS_CLI, "load", "enqueue",
                                 "--json", stack().File("report.json"), "--addr",
                                 "127.0.0.1:" + std::to_string(stack().grpc_port())});
    cli_ = std::make_unique<Subprocess>(Subprocess::Options{flags, {}, stack().File("cli.log")});
    cli_->Start();
  }
  void AwaitStored(int64_t jobs) {
    ASSERT_TRUE(WaitUntil([this, jobs] { return Stored() >= jobs; })) << cli_->Output();
  }
  int64_t Stored() { return stack().redis().Run({"LLEN", "messages"}).Integer(); }
  // The server stands still for so long. False when the load ended meanwhile.
  [[nodiscard]] bool Stall(milliseconds time) {
    stack().service().Suspend();
    const bool ended = WaitUntil([this] { return !cli_->running(); }, time);
    stack().service().Continue();
    return !ended;
  }
  void Finish(int expected_code) {
    int code = -1;
    ASSERT_TRUE(cli_->Wait(milliseconds(30'000), &code)) << cli_->Output();
    EXPECT_EQ(code, expected_code) << cli_->Output();
    report_ = FromJson<Struct>(ReadFile(stack().File("report.json")));
  }
  double Figure(const std::vector<std::string>& path) const {
    const Struct* object = &report_;
    for (size_t i = 0; i + 1 < path.size(); ++i) {
      object = &object->fields().at(path[i]).struct_value();
    }
    return object->fields().at(path.back()).number_value();
  }

  // A tenth of 1000 calls is due while the server stands still, so the slowest twentieth waits for
  // half a second and more. Measured from the actual sending, with few in flight, those few alone
  // would show it. With four in flight the backlog of a second is gone before half of the calls are
  // due, if a call takes less than 30 ms.
  void ExpectStallIsSeen(const std::vector<std::string>& more) {
    std::vector<std::string> flags{"--rate", "100", "--duration", "10s", "--threshold", "p95<50ms"};
    flags.insert(flags.end(), more.begin(), more.end());
    Start(std::move(flags));
    AwaitStored(100);
    ASSERT_TRUE(Stall(milliseconds(1000)));
    Finish(5);
    EXPECT_THAT(cli_->Output(), HasSubstr("threshold p95<50ms is not met"));
    EXPECT_EQ(Figure({"latency", "samples"}), 1000);
    EXPECT_EQ(Figure({"ok"}), 1000) << cli_->Output();
    EXPECT_EQ(Stored(), 1000);
    EXPECT_GE(Figure({"latency", "percentiles", "p95", "ms"}), 300) << cli_->Output();
    EXPECT_GE(Figure({"latency", "percentiles", "p99", "ms"}), 850) << cli_->Output();
    EXPECT_GE(Figure({"latency", "maxMs"}), 900);
    EXPECT_LT(Figure({"latency", "percentiles", "p50", "ms"}), 200) << "most met no stall";
  }

  std::unique_ptr<Subprocess> cli_;
  Struct report_;
};

TEST_F(LoadTest, StallIsInThePercentiles) {
  ExpectStallIsSeen({});
  EXPECT_GE(Figure({"sends", "mostInFlight"}), 75) << "sent while nothing was answered";
}

TEST_F(LoadTest, BoundOnCallsInFlightDoesNotHideTheStall) {
  ExpectStallIsSeen({"--max-in-flight", "4"});
  EXPECT_EQ(Figure({"sends", "mostInFlight"}), 4);
  EXPECT_GE(Figure({"sends", "lateForMaxInFlight"}), 75);
  EXPECT_GE(Figure({"sends", "latestMs"}), 850);
  EXPECT_THAT(cli_->Output(), HasSubstr("because 4 were in flight (--max-in-flight)"));
}

TEST_F(LoadTest, CallsThatCannotBeSentInTimeAreErrors) {
  Start({"--rate", "100", "--duration", "1s", "--max-in-flight", "2", "--timeout", "500ms"});
  AwaitStored(20);
  stack().service().Suspend();
  Finish(0);
  EXPECT_EQ(Figure({"calls"}), 100) << cli_->Output();
  EXPECT_GT(Figure({"codes", "NOT_SENT", "calls"}), 10) << cli_->Output();
  EXPECT_GT(Figure({"codes", "DEADLINE_EXCEEDED", "calls"}), 1) << cli_->Output();
  EXPECT_EQ(Figure({"ok"}) + Figure({"errors"}), 100);
  EXPECT_THAT(cli_->Output(), HasSubstr("Not sent: "));
}

TEST_F(LoadTest, InterruptedRunStillReports) {
  Start({"--rate", "100", "--duration", "60s"});
  AwaitStored(50);
  cli_->Signal(SIGINT);
  Finish(130);
  EXPECT_TRUE(report_.fields().at("interrupted").bool_value());
  EXPECT_GE(Figure({"ok"}), 50) << cli_->Output();
  EXPECT_LT(Figure({"calls"}), 6000);
  EXPECT_EQ(Figure({"errors"}), 0) << cli_->Output();
  EXPECT_THAT(cli_->Output(), HasSubstr("Interrupted after "));
}

}  // namespace
}  // namespace trellis::testing
