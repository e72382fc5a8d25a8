#ifndef GATEWAY_UPSTREAM_HTTP2_SESSION_H_
#define GATEWAY_UPSTREAM_HTTP2_SESSION_H_

#include <memory>
#include <string>
#include <string_view>

#include "gateway/upstream/upstream.h"

namespace trellis::gateway::http2 {

// How a call ended.
struct CallEnd {
  absl::Status status;
  // The server says that it has not looked at the call, so it may be made again, whatever it is.
  bool unprocessed = false;
};

// Hears what comes for one call. A method may start or cancel calls of the session, but not feed or
// destroy it.
class CallObserver {
 public:
  virtual ~CallObserver() = default;
  // At most once, before all messages.
  virtual void OnHeaders(MetadataList metadata) = 0;
  // `message` is valid during the call. False holds the server back until Resume.
  [[nodiscard]] virtual bool OnMessage(std::string_view message) = 0;
  // Last, once.
  virtual void OnEnd(CallEnd end) = 0;
};

struct CallHead {
  const std::string& authority;
  const OutgoingCall& call;
};

// The client's side of gRPC over one HTTP/2 connection (RFC 9113) without the socket: bytes in,
// bytes out. nghttp2 frames, compresses headers and keeps the windows. Not thread-safe; never
// blocks.
class Session {
 public:
  using CallId = int32_t;

  Session();
  ~Session();  // tells no observer
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  // The observer is borrowed until OnEnd or Cancel. UNAVAILABLE when no further call can be started
  // on this connection. The call's deadline is the server's to keep, and Expire's.
  [[nodiscard]] absl::StatusOr<CallId> Start(const CallHead& head, std::string body,
                                             CallObserver* observer);
  // Resets the call; its observer hears no more.
  void Cancel(CallId id);
  // Lets the server send on after OnMessage said false.
  void Resume(CallId id);

  // What came from the server. An error when the connection is beyond use.
  [[nodiscard]] absl::Status Feed(std::string_view bytes);
  // Appends what is to be sent to the server.
  void TakeOutput(std::string* out);
  void Ping();
  // When the next deadline of a call passes; SteadyTime::max() when none does.
  [[nodiscard]] base::SteadyTime next_deadline() const;
  // Ends the calls whose deadline has passed with DEADLINE_EXCEEDED and resets them.
  void Expire(base::SteadyTime now);
  // Ends all calls with this.
  void Fail(const absl::Status& status);

  // The server has said how it wants to be talked to, so there is one.
  [[nodiscard]] bool greeted() const;
  // The server takes no new calls here (GOAWAY).
  [[nodiscard]] bool draining() const;
  [[nodiscard]] size_t calls() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace trellis::gateway::http2

#endif  // GATEWAY_UPSTREAM_HTTP2_SESSION_H_
