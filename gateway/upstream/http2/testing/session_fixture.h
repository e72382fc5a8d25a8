#ifndef GATEWAY_UPSTREAM_HTTP2_TESTING_SESSION_FIXTURE_H_
#define GATEWAY_UPSTREAM_HTTP2_TESTING_SESSION_FIXTURE_H_

#include <gmock/gmock.h>

#include <functional>
#include <optional>

#include "gateway/upstream/http2/session.h"
#include "gateway/upstream/http2/testing/fake_server.h"

namespace trellis::gateway::http2::testing {

// Keeps what it hears, and does what a test wants done in the midst of it.
struct RecordingObserver final : public CallObserver {
  void OnHeaders(MetadataList metadata) override {
    EXPECT_FALSE(headers.has_value()) << "headers twice";
    EXPECT_TRUE(messages.empty()) << "headers after a message";
    headers = std::move(metadata);
  }
  bool OnMessage(std::string_view message) override {
    EXPECT_FALSE(end.has_value()) << "a message after the end";
    messages.emplace_back(message);
    if (on_message) on_message();
    return go_on;
  }
  void OnEnd(CallEnd how) override {
    EXPECT_FALSE(end.has_value()) << "a second end";
    end = std::move(how);
    if (on_end) on_end();
  }

  [[nodiscard]] absl::StatusCode code() const {
    EXPECT_TRUE(end.has_value());
    return end ? end->status.code() : absl::StatusCode::kOk;
  }

  std::optional<MetadataList> headers;
  std::vector<std::string> messages;
  std::optional<CallEnd> end;
  bool go_on = true;
  std::function<void()> on_message, on_end;
};

// A session and a server that have greeted each other.
class SessionFixture : public ::testing::Test {
 protected:
  SessionFixture() {
    call_.rpc_path = "/a.Service/Method";
    Pump();
  }

  // Carries bytes until neither side has any.
  void Pump() {
    for (;;) {
      std::string to_server;
      session_.TakeOutput(&to_server);
      server_.Feed(to_server);
      const std::string to_client = server_.TakeOutput();
      if (to_client.empty() && to_server.empty()) return;
      if (to_client.empty()) continue;
      const absl::Status fed = session_.Feed(to_client);
      ASSERT_TRUE(fed.ok()) << fed;
    }
  }

  // Starts a call without a word to the server yet.
  Session::CallId Start(CallObserver* observer, std::string body = "request") {
    const auto id = session_.Start({authority_, call_}, std::move(body), observer);
    EXPECT_TRUE(id.ok()) << id.status();
    return id.value_or(0);
  }
  // Starts `observer_`'s call, which the server then has.
  Session::CallId StartOne() {
    const Session::CallId id = Start(&observer_);
    Pump();
    return id;
  }

  const std::string authority_ = "the.server:1";
  OutgoingCall call_;
  RecordingObserver observer_;
  Session session_;
  FakeServer server_;
};

}  // namespace trellis::gateway::http2::testing

#endif  // GATEWAY_UPSTREAM_HTTP2_TESTING_SESSION_FIXTURE_H_
