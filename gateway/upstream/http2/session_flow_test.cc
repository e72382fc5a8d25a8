// What a session does about too much: of messages, of calls, of bytes in one message.
#include <nghttp2/nghttp2.h>

#include "gateway/upstream/http2/testing/session_fixture.h"

namespace trellis::gateway::http2 {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using testing::RecordingObserver;
using ::testing::SizeIs;
using namespace std::string_literals;

constexpr size_t kStreamWindow = 256 * 1024;
const std::string kLong(1024 * 1024, 'x');

class SessionFlowTest : public testing::SessionFixture {
 protected:
  // The headers of an answer to each call that the server has.
  void StartAnswers() {
    for (size_t i = 0; i < server_.calls(); ++i) {
      server_.SendHeaders(i, {{":status", "200"}, {"content-type", "application/grpc"}});
    }
  }
  // The server says these bytes where messages are due.
  void ServerWrites(const std::string& bytes) {
    StartOne();
    StartAnswers();
    server_.SendData(0, bytes);
    Pump();
  }
};

TEST_F(SessionFlowTest, ObserverThatHoldsBackStopsTheServerAtTheWindow) {
  observer_.go_on = false;
  StartOne();
  StartAnswers();
  server_.SendMessage(0, "first");
  Pump();
  ASSERT_THAT(observer_.messages, ElementsAre("first"));
  server_.SendMessage(0, kLong);
  Pump();
  EXPECT_THAT(observer_.messages, SizeIs(1));
  EXPECT_GE(server_.call(0).waiting, kLong.size() - kStreamWindow);
}

TEST_F(SessionFlowTest, ServerGoesOnAfterResume) {
  observer_.go_on = false;
  const Session::CallId id = StartOne();
  StartAnswers();
  server_.SendMessage(0, "first");
  server_.SendMessage(0, kLong);
  server_.SendTrailers(0, {{"grpc-status", "0"}});
  Pump();
  ASSERT_GT(server_.call(0).waiting, 0u);
  session_.Resume(id);
  Pump();
  EXPECT_EQ(server_.call(0).waiting, 0u);
  ASSERT_THAT(observer_.messages, SizeIs(2));
  EXPECT_TRUE(observer_.messages[1] == kLong);
  EXPECT_EQ(observer_.code(), absl::StatusCode::kOk);
}

TEST_F(SessionFlowTest, ObserverThatKeepsUpStopsNothing) {
  StartOne();
  StartAnswers();
  for (int i = 0; i < 20; ++i) server_.SendMessage(0, kLong);
  Pump();
  EXPECT_EQ(server_.call(0).waiting, 0u);
  EXPECT_THAT(observer_.messages, SizeIs(20));
}

TEST_F(SessionFlowTest, CallsThatAreHeldBackLeaveTheConnectionToOthers) {
  std::vector<RecordingObserver> held(50);
  for (RecordingObserver& observer : held) {
    observer.go_on = false;
    Start(&observer);
  }
  StartOne();
  StartAnswers();
  for (size_t i = 0; i < held.size(); ++i) {
    server_.SendMessage(i, "first");
    server_.SendMessage(i, kLong);
  }
  Pump();
  server_.SendMessage(held.size(), kLong);
  Pump();
  EXPECT_THAT(observer_.messages, SizeIs(1));
}

TEST_F(SessionFlowTest, BodyOfAnHttpErrorHoldsNothingBack) {
  StartOne();
  server_.SendHeaders(0, {{":status", "502"}, {"content-type", "text/html"}});
  server_.SendData(0, kLong);
  Pump();
  EXPECT_EQ(server_.call(0).waiting, 0u);
}

TEST_F(SessionFlowTest, CallsOverTheServersLimitWaitForRoom) {
  server_.LimitCalls(1);
  Pump();
  RecordingObserver second;
  Start(&observer_);
  Start(&second);
  Pump();
  ASSERT_EQ(server_.calls(), 1u);
  server_.Answer(0, "one");
  Pump();
  ASSERT_EQ(server_.calls(), 2u);
  server_.Answer(1, "two");
  Pump();
  EXPECT_THAT(second.messages, ElementsAre("two"));
}

TEST_F(SessionFlowTest, OversizeMessageEndsTheCall) {
  ServerWrites("\0\0\x40\0\1"s);
  EXPECT_EQ(observer_.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_TRUE(server_.call(0).reset);
  EXPECT_EQ(session_.calls(), 0u);
}

TEST_F(SessionFlowTest, LongestMessageIsTaken) {
  ServerWrites("\0\0\x40\0\0"s + std::string(4 * 1024 * 1024, '\0'));
  EXPECT_THAT(observer_.messages, ElementsAre(SizeIs(4 * 1024 * 1024)));
}

TEST_F(SessionFlowTest, NothingOfAnOversizeMessageIsTakenForOthers) {
  StartOne();
  StartAnswers();
  server_.SendData(0, "\0\1\0\0\0"s + std::string(200 * 1024, '\0'));
  const std::string bytes = server_.TakeOutput();
  for (size_t at = 0; at < bytes.size(); at += 1000) {
    ASSERT_TRUE(session_.Feed(std::string_view(bytes).substr(at, 1000)).ok());
  }
  EXPECT_THAT(observer_.messages, IsEmpty());
  EXPECT_EQ(observer_.code(), absl::StatusCode::kResourceExhausted);
}

TEST_F(SessionFlowTest, MessagesBeforeAnOversizeOneAreHandedOn) {
  ServerWrites("\0\0\0\0\3one\0\1\0\0\0"s);
  EXPECT_THAT(observer_.messages, ElementsAre("one"));
  EXPECT_EQ(observer_.code(), absl::StatusCode::kResourceExhausted);
}

TEST_F(SessionFlowTest, CompressedMessageEndsTheCall) {
  ServerWrites("\1\0\0\0\3abc"s);
  EXPECT_THAT(observer_.messages, IsEmpty());
  EXPECT_EQ(observer_.code(), absl::StatusCode::kInternal);
  EXPECT_EQ(server_.call(0).reset_code, static_cast<uint32_t>(NGHTTP2_CANCEL));
}

}  // namespace
}  // namespace trellis::gateway::http2
