#include <gmock/gmock.h>
#include <grpcpp/grpcpp.h>
#include <grpcpp/health_check_service_interface.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>
#include <thread>

#include "clients/cli/commands/commands.h"
#include "clients/cli/testing/run_cli.h"
#include "trellis/enqueue/v1/enqueue.grpc.pb.h"

namespace trellis::cli {
namespace {

using boost::asio::ip::tcp;
using ::testing::HasSubstr;
using testing::Outcome;
using testing::RunCli;
using testing::World;

Outcome Health(const std::string& address, std::vector<std::string> more = {}) {
  World world;
  world.commands = AllCommands();
  more.insert(more.begin(), {"health", address});
  return RunCli(world, more);
}

class GrpcHealthTest : public ::testing::Test {
 protected:
  GrpcHealthTest() {
    grpc::EnableDefaultHealthCheckService(true);
    grpc::ServerBuilder builder;
    int port = 0;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
    builder.RegisterService(&service_);
    server_ = builder.BuildAndStart();
    grpc::EnableDefaultHealthCheckService(false);
    address_ = "grpc://127.0.0.1:" + std::to_string(port);
  }

  enqueue::v1::EnqueueService::Service service_;  // a server has to have some service
  std::unique_ptr<grpc::Server> server_;
  std::string address_;
};

TEST_F(GrpcHealthTest, ServerAsSuch) {
  const Outcome outcome = Health(address_);
  EXPECT_EQ(outcome.code, ExitCode::kOk);
  EXPECT_EQ(outcome.out, "SERVING\n");
  EXPECT_EQ(outcome.err, "");
}

TEST_F(GrpcHealthTest, OneServiceOfIt) {
  server_->GetHealthCheckService()->SetServingStatus("a.b.C", false);
  const Outcome sick = Health(address_ + "/a.b.C", {"--json"});
  EXPECT_EQ(sick.code, ExitCode::kFailed);
  EXPECT_EQ(sick.out, "{\"status\":\"NOT_SERVING\"}\n");
  server_->GetHealthCheckService()->SetServingStatus("a.b.C", true);
  EXPECT_EQ(Health(address_ + "/a.b.C").code, ExitCode::kOk);
}

TEST_F(GrpcHealthTest, UnknownServiceAndMissingServerAreUnhealthy) {
  const Outcome unknown = Health(address_ + "/x.Y");
  EXPECT_EQ(unknown.code, ExitCode::kFailed);
  EXPECT_THAT(unknown.err, HasSubstr("NOT_FOUND"));
  EXPECT_EQ(Health("grpc://127.0.0.1:1").code, ExitCode::kFailed);
}

// Answers one connection with `answer`, or holds it open without a word.
class OneAnswer {
 public:
  explicit OneAnswer(std::string answer) : answer_(std::move(answer)) {
    thread_ = std::thread([this] {
      tcp::socket socket = acceptor_.accept();
      boost::system::error_code ignored;
      std::array<char, 1024> request{};
      const size_t size = socket.read_some(boost::asio::buffer(request), ignored);
      request_.assign(request.data(), size);
      if (!answer_.empty()) {
        boost::asio::write(socket, boost::asio::buffer(answer_), ignored);
      } else {
        (void)socket.read_some(boost::asio::buffer(request), ignored);  // to the client's end
      }
    });
  }
  ~OneAnswer() { Join(); }

  [[nodiscard]] std::string address() const {
    return "http://127.0.0.1:" + std::to_string(acceptor_.local_endpoint().port());
  }
  void Join() {
    if (thread_.joinable()) thread_.join();
  }
  [[nodiscard]] const std::string& request() {
    Join();
    return request_;
  }

 private:
  const std::string answer_;
  std::string request_;
  boost::asio::io_context context_;
  tcp::acceptor acceptor_{context_, tcp::endpoint(boost::asio::ip::address_v4::loopback(), 0)};
  std::thread thread_;
};

TEST(HttpHealthTest, TwoHundredsAreHealthy) {
  OneAnswer server("HTTP/1.1 204 No Content\r\n\r\n");
  const Outcome outcome = Health(server.address() + "/readyz?full=1");
  EXPECT_EQ(outcome.code, ExitCode::kOk);
  EXPECT_EQ(outcome.out, "HTTP 204\n");
  EXPECT_THAT(server.request(), ::testing::StartsWith("GET /readyz?full=1 HTTP/1.1\r\nHost: 127."));
}

TEST(HttpHealthTest, OthersAreNot) {
  for (const char* status : {"503 Service Unavailable", "302 Found", "100 Continue"}) {
    OneAnswer server(std::string("HTTP/1.1 ") + status + "\r\n\r\n");
    EXPECT_EQ(Health(server.address()).code, ExitCode::kFailed) << status;
  }
  OneAnswer server("SSH-2.0-nonsense\r\n");
  EXPECT_THAT(Health(server.address()).err, HasSubstr("the answer is not HTTP"));
  EXPECT_EQ(Health("http://127.0.0.1:1/").code, ExitCode::kFailed);
}

TEST(HttpHealthTest, SilenceEndsAtTheTimeout) {
  OneAnswer server("");
  const Outcome outcome = Health(server.address(), {"--timeout", "50ms"});
  EXPECT_EQ(outcome.code, ExitCode::kFailed);
  EXPECT_THAT(outcome.err, HasSubstr("DEADLINE_EXCEEDED"));
}

TEST(HealthTest, BadAddressesAreUsageErrors) {
  for (const char* bad : {"127.0.0.1:80", "ftp://a:1/", "http://host/", "grpc://host", "http://",
                          "http://a:1/x y", "http://a:1/\r\nX: y"}) {
    EXPECT_EQ(Health(bad).code, ExitCode::kUsage) << bad;
  }
}

}  // namespace
}  // namespace trellis::cli
