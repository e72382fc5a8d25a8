// How processes start, refuse to start, and end.
#include <gtest/gtest.h>

#include <csignal>
#include <future>

#include "tests/support/job_view.h"
#include "tests/support/stack_fixture.h"

namespace trellis::testing {
namespace {

class ProcessLifecycleTest : public StackTest {
 protected:
  // Runs a process that is to refuse its settings; its exit code, and what it printed in `output`.
  int Refusal(const std::string& binary, const Variables& settings, std::string* output) {
    const base::testing::TempDir directory;
    ServerProcess process(binary, binary, settings, directory.File("log"));
    process.Start();
    const int code = process.AwaitExit();
    *output = process.Log();
    return code;
  }
};

TEST_F(ProcessLifecycleTest, StoppedServiceAnswersWhatIsUnderWayAndExitsWithZero) {
  Make({.workers = 0});
  stack().redis().process().Signal(SIGSTOP);
  auto answer = std::async(std::launch::async,
                           [this] { return stack().Http().PostForm("/enqueue", "under way"); });
  ASSERT_TRUE(WaitUntil([this] { return stack().service().Metric("trellis_rpc_in_flight") == 1; }));
  stack().service().Signal(SIGTERM);
  ASSERT_TRUE(WaitUntil([this] {
    return stack().service().Log().find("\"message\":\"stopping\"") != std::string::npos;
  }));
  stack().redis().process().Signal(SIGCONT);
  const auto reply = answer.get();
  ASSERT_TRUE(reply.ok()) << reply.status();
  EXPECT_EQ(reply->status, 200) << reply->body;
  EXPECT_EQ(stack().service().AwaitExit(), 0);
}

TEST_F(ProcessLifecycleTest, StoppedGatewayAnswersWhatIsUnderWayAndExitsWithZero) {
  Make({.workers = 0});
  stack().redis().process().Signal(SIGSTOP);
  auto answer = std::async(std::launch::async,
                           [this] { return stack().Http().PostForm("/enqueue", "under way"); });
  ASSERT_TRUE(WaitUntil([this] { return stack().service().Metric("trellis_rpc_in_flight") == 1; }));
  stack().gateway().Signal(SIGTERM);
  ASSERT_TRUE(WaitUntil([this] { return !stack().Http().Get("/healthz").ok(); }));
  stack().redis().process().Signal(SIGCONT);
  const auto reply = answer.get();
  ASSERT_TRUE(reply.ok()) << reply.status();
  EXPECT_EQ(reply->status, 200) << reply->body;
  EXPECT_EQ(stack().gateway().AwaitExit(), 0);
}

TEST_F(ProcessLifecycleTest, StoppedWorkerFinishesWhatItHolds) {
  Make({.workers = 1, .worker = {{"PROCESSING_DELAY_MS", "2s"}}});
  const std::string id = stack().Enqueue("in hand");
  const JobView view(stack().redis());
  ASSERT_TRUE(WaitUntil([&] { return !view.HolderOf(id).empty(); }));
  EXPECT_EQ(stack().worker(0).Terminate(), 0);
  EXPECT_TRUE(stack().AwaitLine("in hand", milliseconds(0)));
  EXPECT_EQ(view.Unfinished(), 0);
  EXPECT_TRUE(view.Workers().empty()) << "its lease was to end with it";
}

TEST_F(ProcessLifecycleTest, StoppedWorkerGivesBackWhatItCannotFinish) {
  Make({.workers = 1, .worker = {{"PROCESSING_DELAY_MS", "600s"}, {"DRAIN_TIMEOUT", "2s"}}});
  const std::string id = stack().Enqueue("given back");
  const JobView view(stack().redis());
  ASSERT_TRUE(WaitUntil([&] { return !view.HolderOf(id).empty(); }));
  EXPECT_EQ(stack().worker(0).Terminate(), 0);
  EXPECT_EQ(view.Ready(), 1) << "it was to be ready again at once";
  stack().AddWorker({{"PROCESSING_DELAY_MS", "0"}});
  EXPECT_TRUE(stack().AwaitLine("given back"));
}

TEST_F(ProcessLifecycleTest, SecondSignalEndsAtOnce) {
  Make({.workers = 1, .worker = {{"PROCESSING_DELAY_MS", "600s"}, {"DRAIN_TIMEOUT", "60s"}}});
  const std::string id = stack().Enqueue("in hand");
  const JobView view(stack().redis());
  ASSERT_TRUE(WaitUntil([&] { return !view.HolderOf(id).empty(); }));
  ServerProcess& worker = stack().worker(0);
  worker.Signal(SIGTERM);
  // Signals of one kind that come together count once; so wait until the first was seen.
  ASSERT_TRUE(WaitUntil([&] { return !worker.Ready(); }));
  worker.Signal(SIGINT);
  EXPECT_EQ(worker.AwaitExit(), 1);
}

TEST_F(ProcessLifecycleTest, BadSettingIsExitCodeTwoAndNamed) {
  const struct {
    const char* binary;
    const char* variable;
    const char* value;
  } cases[] = {{"enqueue", "RPC_ADDR", "nonsense"},
               {"enqueue", "QUEUE_NAME", "not a name"},
               {"enqueue", "MAX_IN_FLIGHT", "0"},
               {"enqueue-worker", "PROCESSING_DELAY_MS", "fast"},
               {"enqueue-worker", "CONSUME_MODE", "maybe"},
               {"enqueue-worker", "LEASE", "1ms"},
               {"gateway", "BODY_LIMIT", "much"},
               {"gateway", "LOG_LEVEL", "loud"}};
  for (const auto& [binary, variable, value] : cases) {
    std::string output;
    EXPECT_EQ(Refusal(binary, {{variable, value}}, &output), 2) << binary << " " << variable;
    EXPECT_NE(output.find(variable), output.npos) << output;
    EXPECT_EQ(std::count(output.begin(), output.end(), '\n'), 1) << output;
  }
}

TEST_F(ProcessLifecycleTest, UnknownFlagIsExitCodeTwoAndNamed) {
  for (const char* binary : {"enqueue", "enqueue-worker", "gateway"}) {
    const base::testing::TempDir directory;
    ServerProcess process(binary, binary, {}, directory.File("log"), {"--colour=red"});
    process.Start();
    EXPECT_EQ(process.AwaitExit(), 2);
    EXPECT_NE(process.Log().find("--colour"), std::string::npos) << process.Log();
  }
}

TEST_F(ProcessLifecycleTest, TakenPortIsExitCodeOneAndNamed) {
  Make({.workers = 0});
  const std::string grpc = "127.0.0.1:" + std::to_string(stack().grpc_port());
  const std::string http = "127.0.0.1:" + std::to_string(stack().http_port());
  std::string output;
  EXPECT_EQ(Refusal("enqueue", {{"RPC_ADDR", grpc}}, &output), 1);
  EXPECT_NE(output.find(grpc), output.npos) << output;
  EXPECT_EQ(Refusal("gateway", {{"HTTP_ADDR", http}}, &output), 1);
  EXPECT_NE(output.find(http), output.npos) << output;
  EXPECT_EQ(Refusal("enqueue", {{"RPC_ADDR", "127.0.0.1:0"}, {"OPS_ADDR", http}}, &output), 1);
  EXPECT_NE(output.find(http), output.npos) << output;
}

TEST_F(ProcessLifecycleTest, OutputThatCannotBeOpenedIsExitCodeOneAndNamed) {
  std::string output;
  EXPECT_EQ(
      Refusal("enqueue-worker",
              {{"OPS_ADDR", "127.0.0.1:0"}, {"OUTPUT_PATH", "/no/such/directory/file"}}, &output),
      1);
  EXPECT_NE(output.find("/no/such/directory/file"), output.npos) << output;
}

}  // namespace
}  // namespace trellis::testing
