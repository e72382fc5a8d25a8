// Health, reflection, start and drain.
#include "mesh/rpc/server.h"

#include <gmock/gmock.h>
#include <grpcpp/generic/generic_stub.h>

#include <future>

#include "mesh/base/testing/subprocess.h"
#include "mesh/rpc/testing/echo_server.h"

namespace trellis::rpc {
namespace {

namespace asio = boost::asio;
using base::Deadline;
using base::milliseconds;
using base::testing::WaitUntil;
using ::testing::Contains;
using testing::EchoHandlers;
using testing::EchoRequest;
using testing::EchoResponse;
using testing::EchoServer;
using ::testing::HasSubstr;
using testing::HealthRequest;
using testing::HealthResponse;
using testing::kEchoService;

constexpr int kServing = 1;
constexpr int kNotServing = 2;

// The first message that a method answers to one request, as the call's status and the message.
template <typename Request, typename Response>
grpc::Status FirstMessage(const std::shared_ptr<grpc::Channel>& channel, const std::string& method,
                          const Request& request, Response* response) {
  grpc::TemplatedGenericStub<Request, Response> stub(channel);
  grpc::ClientContext context;
  grpc::CompletionQueue queue;
  const auto next = [&queue] {
    void* tag = nullptr;
    bool ok = false;
    return queue.Next(&tag, &ok) && ok;
  };
  auto call = stub.PrepareCall(&context, method, &queue);
  call->StartCall(nullptr);
  bool going = next();
  if (going) {
    call->WriteLast(request, {}, nullptr);
    going = next();
  }
  if (going) {
    call->Read(response, nullptr);
    going = next();
  }
  if (going) context.TryCancel();  // what may follow is not wanted
  grpc::Status status;
  call->Finish(&status, nullptr);
  (void)next();
  return going ? grpc::Status::OK : status;
}

asio::awaitable<absl::StatusOr<EchoResponse>> Wait(CallContext, const EchoRequest&) {
  co_await testing::WaitForEver();
  co_return EchoResponse();
}

class ServerTest : public ::testing::Test {
 protected:
  explicit ServerTest(EchoHandlers handlers = {}) : echo_(std::move(handlers)) {}

  // The health of a service: 0 for an error, whose status is kept.
  int Health(const std::string& service) {
    HealthRequest request;
    request.set_service(service);
    HealthResponse response;
    status_ = FirstMessage(channel_, "/grpc.health.v1.Health/Check", request, &response);
    return status_.ok() ? response.status() : 0;
  }

  grpc::Status status_;
  EchoServer echo_;
  std::shared_ptr<grpc::Channel> channel_ = echo_.Channel();
};

TEST_F(ServerTest, ServiceIsNotServingUntilToldSo) {
  EXPECT_EQ(Health(kEchoService), kNotServing);
  echo_.server().SetServing(true);
  EXPECT_EQ(Health(kEchoService), kServing);
  echo_.server().SetServing(false);
  EXPECT_EQ(Health(kEchoService), kNotServing);
}

TEST_F(ServerTest, ProcessAsSuchIsServingFromTheStart) {
  EXPECT_EQ(Health(""), kServing);
  echo_.server().SetServing(true);
  echo_.server().SetServing(false);
  EXPECT_EQ(Health(""), kServing);
}

TEST_F(ServerTest, HealthOfAnUnknownServiceIsNotFound) {
  EXPECT_EQ(Health("no.such.Service"), 0);
  EXPECT_EQ(status_.error_code(), grpc::StatusCode::NOT_FOUND);
}

TEST_F(ServerTest, ReflectionListsTheServices) {
  testing::ReflectionRequest request;
  request.set_list_services("*");
  testing::ReflectionResponse response;
  const grpc::Status status =
      FirstMessage(channel_, "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo",
                   request, &response);
  ASSERT_TRUE(status.ok()) << status.error_message();
  std::vector<std::string> names;
  for (const auto& service : response.list_services_response().service()) {
    names.push_back(service.name());
  }
  EXPECT_THAT(names, Contains(kEchoService));
  EXPECT_THAT(names, Contains("grpc.health.v1.Health"));
}

TEST_F(ServerTest, PortTakenNamesTheAddress) {
  ServerOptions options;
  options.address = echo_.address();
  Server second(options, {}, {});
  const absl::Status status = second.Start();
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(base::MessageOf(status), HasSubstr(options.address));
}

TEST_F(ServerTest, DrainOfAServerThatNeverStartedDoesNothing) {
  Server server({}, {}, {});
  server.Drain(Deadline::Infinite());
  server.SetServing(true);
}

TEST_F(ServerTest, DrainOfAnIdleServerReturnsAtOnceAndRefusesNewCalls) {
  EXPECT_EQ(Health(""), kServing);
  const Deadline patience = Deadline::After(milliseconds(60'000));
  echo_.server().Drain(patience);
  EXPECT_FALSE(patience.Expired());
  EXPECT_EQ(Health(""), 0);
  EXPECT_EQ(status_.error_code(), grpc::StatusCode::UNAVAILABLE);
}

TEST_F(ServerTest, HealthMayBeSetWhileItDrains) {
  std::atomic<bool> drained{false};
  auto setting = std::async(std::launch::async, [this, &drained] {
    while (!drained) echo_.server().SetServing(true);
    echo_.server().SetServing(true);
  });
  echo_.server().Drain(Deadline::After(milliseconds(1000)));
  echo_.server().Drain(Deadline::After(milliseconds(1000)));
  drained = true;
  setting.get();
}

class DrainTest : public ServerTest {
 protected:
  DrainTest() : ServerTest({.echo = Wait, .stream = nullptr}) {
    stub_->async()->Echo(&context_, &request_, &response_,
                         [this](grpc::Status status) { ended_.set_value(status.error_code()); });
  }

  bool WaitInFlight(int count) {
    return WaitUntil([this, count] { return echo_.runtime().in_flight() == count; });
  }

  // No new call is taken; the client does not see the connection that is being given up.
  bool WaitRefusing() {
    return WaitUntil([this] {
      const auto channel = echo_.Channel();
      return !channel->WaitForConnected(std::chrono::system_clock::now() +
                                        std::chrono::milliseconds(100));
    });
  }

  std::unique_ptr<testing::EchoService::Stub> stub_ = echo_.Stub();
  grpc::ClientContext context_;
  EchoRequest request_;
  EchoResponse response_;
  std::promise<grpc::StatusCode> ended_;
};

TEST_F(DrainTest, CancelsWhatIsLeftAtTheDeadline) {
  ASSERT_TRUE(WaitInFlight(1));
  echo_.server().Drain(Deadline::After(milliseconds(100)));
  EXPECT_EQ(echo_.runtime().in_flight(), 0);
  EXPECT_NE(ended_.get_future().get(), grpc::StatusCode::OK);
}

TEST_F(DrainTest, WaitsForACallUnderWay) {
  ASSERT_TRUE(WaitInFlight(1));
  auto drained =
      std::async(std::launch::async, [this] { echo_.server().Drain(Deadline::Infinite()); });
  ASSERT_TRUE(WaitRefusing());
  EXPECT_EQ(drained.wait_for(milliseconds(0)), std::future_status::timeout);
  EXPECT_EQ(echo_.runtime().in_flight(), 1);
  context_.TryCancel();
  drained.get();
  EXPECT_EQ(echo_.runtime().in_flight(), 0);
}

// A call that ends by itself during the drain.
class DrainToEndTest : public ServerTest {
 protected:
  DrainToEndTest() : ServerTest({.echo = Release(), .stream = nullptr}) {}

  static std::atomic<bool>& Released() {
    static std::atomic<bool> released{false};
    return released;
  }
  static decltype(EchoHandlers::echo) Release() {
    return [](CallContext, const EchoRequest&) -> asio::awaitable<absl::StatusOr<EchoResponse>> {
      while (!Released()) {
        auto executor = co_await asio::this_coro::executor;
        co_await asio::post(executor, asio::use_awaitable);
      }
      EchoResponse response;
      response.set_text("whole");
      co_return response;
    };
  }
};

TEST_F(DrainToEndTest, CallUnderWayGetsItsAnswer) {
  auto stub = echo_.Stub();
  grpc::ClientContext context;
  EchoRequest request;
  EchoResponse response;
  std::promise<grpc::StatusCode> ended;
  stub->async()->Echo(&context, &request, &response,
                      [&ended](grpc::Status status) { ended.set_value(status.error_code()); });
  ASSERT_TRUE(WaitUntil([this] { return echo_.runtime().in_flight() == 1; }));
  auto drained = std::async(
      std::launch::async, [this] { echo_.server().Drain(Deadline::After(milliseconds(60'000))); });
  ASSERT_TRUE(WaitUntil([this] {
    return !echo_.Channel()->WaitForConnected(std::chrono::system_clock::now() +
                                              std::chrono::milliseconds(100));
  }));
  Released() = true;
  EXPECT_EQ(ended.get_future().get(), grpc::StatusCode::OK);
  EXPECT_EQ(response.text(), "whole");
  drained.get();
}

}  // namespace
}  // namespace trellis::rpc
