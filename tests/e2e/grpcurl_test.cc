// What somebody else's client sees: grpcurl, which knows our services by reflection alone. It is
// built from the Go module proxy where Go is installed; else these tests are skipped.
#include <gtest/gtest.h>
#include <unistd.h>

#include "tests/support/stack_fixture.h"

namespace trellis::testing {
namespace {

constexpr char kModule[] = "github.com/fullstorydev/grpcurl/cmd/grpcurl@v1.9.1";
constexpr milliseconds kBuildPatience{240'000};

class GrpcurlTest : public SharedStackTest<GrpcurlTest> {
 public:
  static StackOptions OptionsOfSuite() { return {.workers = 0}; }

 protected:
  static std::string Program() { return std::string(TRELLIS_GRPCURL_DIR) + "/grpcurl"; }

  // Builds grpcurl when it is not there yet. False with the reason when that cannot be done.
  static bool Install(std::string* reason) {
    if (access(Program().c_str(), X_OK) == 0) return true;
    if (std::string(TRELLIS_GO).empty()) {
      *reason = "Go is not installed";
      return false;
    }
    const base::testing::TempDir directory;
    base::testing::Subprocess build({{TRELLIS_GO, "install", kModule},
                                     {{"GOBIN", TRELLIS_GRPCURL_DIR}, {"GOFLAGS", ""}},
                                     directory.File("log")});
    build.Start();
    int code = 0;
    if (build.Wait(kBuildPatience, &code) && code == 0) return true;
    *reason = "grpcurl cannot be built: " + build.Output();
    return false;
  }

  void SetUp() override {
    // Once: where it takes too long, it does so for each test.
    static std::string reason;
    static const bool installed = Install(&reason);
    if (!installed) GTEST_SKIP() << reason;
  }

  static std::string Run(std::vector<std::string> arguments) {
    const base::testing::TempDir directory;
    arguments.insert(arguments.begin(), {Program(), "-plaintext", "-max-time", "10"});
    base::testing::Subprocess process({std::move(arguments), {}, directory.File("log")});
    process.Start();
    int code = -1;
    EXPECT_TRUE(process.Wait(milliseconds(15000), &code));
    EXPECT_EQ(code, 0) << process.Output();
    return process.Output();
  }
  static std::string Address() { return "127.0.0.1:" + std::to_string(stack().grpc_port()); }
};

TEST_F(GrpcurlTest, ListsTheServices) {
  const std::string services = Run({Address(), "list"});
  EXPECT_NE(services.find("trellis.enqueue.v1.EnqueueService\n"), services.npos) << services;
  EXPECT_NE(services.find("grpc.health.v1.Health\n"), services.npos) << services;
}

TEST_F(GrpcurlTest, DescribesAMethod) {
  const std::string text =
      Run({Address(), "describe", "trellis.enqueue.v1.EnqueueService.Enqueue"});
  EXPECT_NE(text.find("post: \"/enqueue\""), text.npos) << text;
}

TEST_F(GrpcurlTest, ChecksTheHealth) {
  const std::string health = Run({"-d", R"({"service":"trellis.enqueue.v1.EnqueueService"})",
                                  Address(), "grpc.health.v1.Health/Check"});
  EXPECT_NE(health.find("\"SERVING\""), health.npos) << health;
}

TEST_F(GrpcurlTest, Enqueues) {
  const std::string answer = Run({"-d", R"({"message":"from grpcurl"})", Address(),
                                  "trellis.enqueue.v1.EnqueueService/Enqueue"});
  EXPECT_NE(answer.find("\"enqueued\": true"), answer.npos) << answer;
}

}  // namespace
}  // namespace trellis::testing
