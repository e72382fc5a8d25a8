// The first things that somebody does with Trellis, through every process that there is.
#include <gtest/gtest.h>

#include "tests/support/load.h"
#include "tests/support/rpc_client.h"
#include "tests/support/stack_fixture.h"

namespace trellis::testing {
namespace {

class FirstStepsTest : public SharedStackTest<FirstStepsTest> {};

TEST_F(FirstStepsTest, PlainTextOfCurlBecomesALine) {
  const auto reply = stack().Http().PostForm("/enqueue", "hello from curl");
  ASSERT_TRUE(reply.ok()) << reply.status();
  EXPECT_EQ(reply->status, 200) << reply->body;
  EXPECT_EQ(reply->Header("Content-Type"), "application/json");
  EXPECT_NE(reply->body.find("\"enqueued\":true"), std::string::npos) << reply->body;
  EXPECT_TRUE(stack().AwaitLine("hello from curl"));
}

TEST_F(FirstStepsTest, JsonBodyBecomesALine) {
  const auto reply = stack().Http().PostJson("/enqueue", R"({"message":"hello json"})");
  ASSERT_TRUE(reply.ok()) << reply.status();
  EXPECT_EQ(reply->status, 200) << reply->body;
  EXPECT_TRUE(stack().AwaitLine("hello json"));
}

TEST_F(FirstStepsTest, TheLineHasTheIdOfTheAnswer) {
  const std::string id = stack().Enqueue("which id");
  ASSERT_TRUE(stack().AwaitLine("which id"));
  const OutputFile output = stack().Output();
  const auto line = std::find_if(output.lines.begin(), output.lines.end(),
                                 [](const OutputLine& l) { return l.message == "which id"; });
  EXPECT_EQ(line->id, id);
}

TEST_F(FirstStepsTest, TabsNewlinesAndBackslashesComeThrough) {
  const std::string message = "a\tb\nc\\d \xc3\xa9";
  stack().Enqueue(message);
  EXPECT_TRUE(stack().AwaitLine(message));
  EXPECT_EQ(stack().Output().malformed, 0);
}

TEST_F(FirstStepsTest, GeneratedStubEnqueues) {
  const auto stub = MakeStub(stack().grpc_port());
  grpc::ClientContext context;
  enqueue::v1::EnqueueRequest request;
  request.set_message("hello grpc");
  enqueue::v1::EnqueueResponse response;
  const grpc::Status status = stub->Enqueue(&context, request, &response);
  ASSERT_TRUE(status.ok()) << status.error_message();
  EXPECT_TRUE(response.enqueued());
  EXPECT_FALSE(response.id().empty());
  EXPECT_FALSE(response.has_duplicate());
  EXPECT_TRUE(stack().AwaitLine("hello grpc"));
}

TEST_F(FirstStepsTest, TextPushedOntoTheListIsProcessed) {
  stack().redis().Run({"LPUSH", "messages", "hi"});
  EXPECT_TRUE(stack().AwaitLine("hi"));
}

TEST_F(FirstStepsTest, ClientsConnectionIsKept) {
  HttpClient client = stack().Http();
  for (int i = 0; i < 3; ++i) {
    const auto reply = client.PostForm("/enqueue", "kept " + std::to_string(i));
    ASSERT_TRUE(reply.ok()) << reply.status();
    EXPECT_NE(reply->Header("Connection"), "close");
  }
}

TEST_F(FirstStepsTest, EveryProcessShowsItsHealthAndMetrics) {
  EXPECT_TRUE(stack().gateway().Ready());
  EXPECT_TRUE(stack().service().Ready());
  EXPECT_TRUE(stack().worker(0).Ready());
  stack().Enqueue("to be counted");
  EXPECT_TRUE(WaitUntil([] {
    return stack().worker(0).Metric(R"(trellis_worker_jobs_total{event="completed"})") > 0;
  }));
  const std::string ok =
      R"(trellis_rpc_calls_total{code="OK",method="trellis.enqueue.v1.EnqueueService/Enqueue"})";
  EXPECT_GT(stack().service().Metric(ok), 0);
  const auto alive = stack().Http().Get("/healthz");
  ASSERT_TRUE(alive.ok()) << alive.status();
  EXPECT_EQ(alive->status, 200);
}

}  // namespace
}  // namespace trellis::testing
