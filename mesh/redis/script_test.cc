#include "mesh/redis/script.h"

#include <gmock/gmock.h>

#include <boost/asio/io_context.hpp>

#include "mesh/base/testing/run.h"
#include "mesh/redis/testing/fake_client.h"

namespace trellis::redis {
namespace {

using base::Deadline;
using ::testing::ElementsAre;
using Arguments = testing::FakeClient::Arguments;

constexpr char kSource[] = "return 1";
constexpr char kSha1[] = "e0e1f9fabfc9d4800c877a703b823ac0578ff8db";  // of kSource, by sha1sum

const absl::Status kNoScript = StatusFromError("NOSCRIPT No matching script.");

class ScriptTest : public ::testing::Test {
 protected:
  absl::StatusOr<Reply> Run(testing::FakeClient& client, Deadline deadline = Deadline::Infinite()) {
    Command call = script_.Call(1);
    call.Arg("key").Arg(5);
    return base::testing::RunCoroutine(context_, script_.Run(client, std::move(call), deadline));
  }

  boost::asio::io_context context_{1};
  Script script_{kSource};
};

TEST_F(ScriptTest, IsKnownByItsSha1) {
  EXPECT_EQ(script_.sha1(), kSha1);
  EXPECT_EQ(script_.source(), kSource);
}

TEST_F(ScriptTest, RunsBySha1WithoutLoading) {
  testing::FakeClient client([](const Arguments&) { return Reply::FromResp(":7\r\n"); });
  EXPECT_EQ(Run(client)->Integer(), 7);
  EXPECT_THAT(client.commands(), ElementsAre(ElementsAre("EVALSHA", kSha1, "1", "key", "5")));
}

TEST_F(ScriptTest, IsLoadedAndRunAgainWhenUnknown) {
  bool loaded = false;
  testing::FakeClient client([&loaded](const Arguments& arguments) -> absl::StatusOr<Reply> {
    if (arguments[0] == "SCRIPT") loaded = true;
    if (!loaded) return kNoScript;
    return Reply::FromResp(":7\r\n");
  });
  EXPECT_EQ(Run(client)->Integer(), 7);
  EXPECT_THAT(client.commands(), ElementsAre(ElementsAre("EVALSHA", kSha1, "1", "key", "5"),
                                             ElementsAre("SCRIPT", "LOAD", kSource),
                                             ElementsAre("EVALSHA", kSha1, "1", "key", "5")));
}

TEST_F(ScriptTest, LoadsOnceOnly) {
  testing::FakeClient client([](const Arguments& arguments) -> absl::StatusOr<Reply> {
    if (arguments[0] == "SCRIPT") return Reply::FromResp("+OK\r\n");
    return kNoScript;
  });
  EXPECT_EQ(Run(client).status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(client.commands().size(), 3u);
}

TEST_F(ScriptTest, OtherErrorIsNotRepeated) {
  testing::FakeClient client(
      [](const Arguments&) -> absl::StatusOr<Reply> { return StatusFromError("ERR in script"); });
  EXPECT_EQ(Run(client).status().code(), absl::StatusCode::kInternal);
  EXPECT_EQ(client.commands().size(), 1u);
}

TEST_F(ScriptTest, LostConnectionIsNotRepeated) {
  testing::FakeClient client(
      [](const Arguments&) -> absl::StatusOr<Reply> { return absl::UnavailableError("gone"); });
  EXPECT_EQ(Run(client).status().code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(client.commands().size(), 1u) << "it may have run";
}

TEST_F(ScriptTest, FailureToLoadIsTheAnswer) {
  testing::FakeClient client([](const Arguments& arguments) -> absl::StatusOr<Reply> {
    if (arguments[0] == "SCRIPT") return StatusFromError("OOM command not allowed");
    return kNoScript;
  });
  EXPECT_EQ(Run(client).status().code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(client.commands().size(), 2u);
}

TEST_F(ScriptTest, ExpiredDeadlineSendsNothing) {
  testing::FakeClient client([](const Arguments&) { return Reply::FromResp("+OK\r\n"); });
  EXPECT_EQ(Run(client, Deadline::At(base::SteadyTime())).status().code(),
            absl::StatusCode::kDeadlineExceeded);
  EXPECT_TRUE(client.commands().empty());
}

}  // namespace
}  // namespace trellis::redis
