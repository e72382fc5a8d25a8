// Servers that refuse calls, break connections, or answer what they should not.
#include <nghttp2/nghttp2.h>

#include "gateway/upstream/http2/testing/fake_peer.h"
#include "gateway/upstream/testing/stream_fixture.h"

namespace trellis::gateway {
namespace {

using http2::testing::FakePeer;
using http2::testing::FakeServer;
using rpc::testing::EchoResponse;
using Event = UpstreamStream::Event;

class Http2UpstreamRefusalTest : public testing::StreamFixture {
 protected:
  Http2UpstreamRefusalTest() { call_.deadline = base::Deadline::After(kPatience); }
  ~Http2UpstreamRefusalTest() override {
    if (stream_) Await(Destroy());  // while there is still a peer
  }

  // A peer that does this about its first `times` calls and answers the others.
  void Serve(FakePeer::OnCall at_first, int times) {
    peer_.emplace([this, at_first = std::move(at_first), times](FakeServer& server, size_t index) {
      if (++count_ <= times) return at_first(server, index);
      server.Answer(index, Encoded("the answer"));
      return true;
    });
    ConnectTo(peer_->address());
  }
  static std::string Encoded(const std::string& text) {
    EchoResponse message;
    message.set_text(text);
    return message.SerializeAsString();
  }
  // Reads on while the stream says that it is idle.
  Event ReadOn() {
    Event event = Event::kIdle;
    while (event == Event::kIdle && !call_.deadline.Expired()) event = Read();
    return event;
  }

  static bool Refuse(FakeServer& server, size_t index) {
    server.Reset(index, NGHTTP2_REFUSED_STREAM);
    return true;
  }
  // As gRPC's server ends a call that comes while it shuts down.
  static bool Cancel(FakeServer& server, size_t index) {
    server.Reset(index, NGHTTP2_CANCEL);
    return true;
  }
  static bool GoAway(FakeServer& server, size_t /*index*/) {
    server.GoAway(0);
    return true;
  }
  static bool Break(FakeServer& /*server*/, size_t /*index*/) { return false; }
  static bool AnswerGarbage(FakeServer& server, size_t index) {
    server.Answer(index, "\xff\xff\xff");
    return true;
  }

  std::optional<FakePeer> peer_;
};

TEST_F(Http2UpstreamRefusalTest, CallThatWasNotLookedAtIsMadeAgain) {
  Serve(Refuse, 1);
  EXPECT_EQ(CallCode(), absl::StatusCode::kOk);
  EXPECT_EQ(response_.text(), "the answer");
  EXPECT_EQ(count_, 2);
}

TEST_F(Http2UpstreamRefusalTest, CallIsMadeThreeTimesAtMost) {
  Serve(Refuse, 1000);
  EXPECT_EQ(CallCode(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(count_, 3);
}

TEST_F(Http2UpstreamRefusalTest, CallIsMadeAgainOnAnotherConnectionAfterGoAway) {
  Serve(GoAway, 2);
  EXPECT_EQ(CallCode(), absl::StatusCode::kOk);
  EXPECT_EQ(count_, 3);
}

TEST_F(Http2UpstreamRefusalTest, IdempotentCallIsMadeAgainWhenTheConnectionBreaks) {
  call_.idempotent = true;
  Serve(Break, 2);
  EXPECT_EQ(CallCode(), absl::StatusCode::kOk);
  EXPECT_EQ(count_, 3);
}

TEST_F(Http2UpstreamRefusalTest, IdempotentCallThatTheServerCancelsIsMadeAgain) {
  call_.idempotent = true;
  Serve(Cancel, 2);
  EXPECT_EQ(CallCode(), absl::StatusCode::kOk);
  EXPECT_EQ(count_, 3);
}

TEST_F(Http2UpstreamRefusalTest, OtherCallThatTheServerCancelsIsNot) {
  Serve(Cancel, 1);
  EXPECT_EQ(CallCode(), absl::StatusCode::kCancelled);
  EXPECT_EQ(count_, 1);
}

TEST_F(Http2UpstreamRefusalTest, OtherCallIsNotMadeAgainWhenTheConnectionBreaks) {
  Serve(Break, 1);
  EXPECT_EQ(CallCode(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(count_, 1);
}

TEST_F(Http2UpstreamRefusalTest, AnswerThatCannotBeReadIsInternal) {
  Serve(AnswerGarbage, 1);
  EXPECT_EQ(CallCode(), absl::StatusCode::kInternal);
}

TEST_F(Http2UpstreamRefusalTest, SuccessWithoutAMessageIsInternal) {
  Serve(
      [](FakeServer& server, size_t index) {
        server.SendHeaders(index, {{":status", "200"}, {"grpc-status", "0"}}, true);
        return true;
      },
      1);
  EXPECT_EQ(CallCode(), absl::StatusCode::kInternal);
}

TEST_F(Http2UpstreamRefusalTest, SecondMessageOfAUnaryCallIsInternal) {
  Serve(
      [](FakeServer& server, size_t index) {
        server.SendHeaders(index, {{":status", "200"}});
        for (const char* text : {"one", "two"}) server.SendMessage(index, Encoded(text));
        server.SendTrailers(index, {{"grpc-status", "0"}});
        return true;
      },
      1);
  EXPECT_EQ(CallCode(), absl::StatusCode::kInternal);
}

TEST_F(Http2UpstreamRefusalTest, StreamThatWasNotLookedAtIsStartedAgain) {
  Serve(Refuse, 2);
  Await(Open());
  EXPECT_EQ(ReadOn(), Event::kMessage);
  EXPECT_EQ(ReadOn(), Event::kEnd);
  EXPECT_TRUE(stream_->status().ok()) << stream_->status();
  EXPECT_EQ(count_, 3);
}

TEST_F(Http2UpstreamRefusalTest, StreamIsStartedThreeTimesAtMost) {
  Serve(Refuse, 1000);
  Await(Open());
  EXPECT_EQ(ReadOn(), Event::kEnd);
  EXPECT_EQ(stream_->status().code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(count_, 3);
}

TEST_F(Http2UpstreamRefusalTest, StreamIsStartedAgainOnAnotherConnectionAfterGoAway) {
  Serve(GoAway, 2);
  Await(Open());
  EXPECT_EQ(ReadOn(), Event::kMessage);
  EXPECT_EQ(count_, 3);
}

TEST_F(Http2UpstreamRefusalTest, StreamIsNotStartedAgainWhenTheConnectionBreaks) {
  Serve(Break, 1);
  Await(Open());
  EXPECT_EQ(ReadOn(), Event::kEnd);
  EXPECT_EQ(stream_->status().code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(count_, 1);
}

TEST_F(Http2UpstreamRefusalTest, MessageOfAStreamThatCannotBeReadIsInternal) {
  Serve(AnswerGarbage, 1);
  Await(Open());
  EXPECT_EQ(ReadOn(), Event::kEnd);
  EXPECT_EQ(stream_->status().code(), absl::StatusCode::kInternal);
}

}  // namespace
}  // namespace trellis::gateway
