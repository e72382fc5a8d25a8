#ifndef GATEWAY_UPSTREAM_UPSTREAM_H_
#define GATEWAY_UPSTREAM_UPSTREAM_H_

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "google/protobuf/message.h"
#include "mesh/base/deadline.h"
#include "mesh/base/status.h"

namespace trellis::gateway {

using MetadataList = std::vector<std::pair<std::string, std::string>>;

// One call as the gateway makes it. Metadata must be legal (metadata.h makes it so).
struct OutgoingCall {
  std::string rpc_path;  // "/package.Service/Method"
  MetadataList metadata;
  base::Deadline deadline = base::Deadline::Infinite();
  // A repeat changes nothing, so the call may be sent again when a connection breaks.
  bool idempotent = false;
};

// Lets a call be cancelled from outside while it is under way. Belongs to the call's reactor.
struct CancelHandle {
  std::function<void()> cancel;  // empty when there is nothing to cancel
};

struct UnaryResult {
  absl::Status status;
  MetadataList metadata;  // what the server sent at its start
};

// The messages of one server-streaming call. Belongs to one reactor. Destroying it cancels the
// call.
class UpstreamStream {
 public:
  virtual ~UpstreamStream() = default;
  enum class Event { kMessage, kIdle, kEnd };
  // Waits for the next message, at most `patience`: kIdle means call again.
  [[nodiscard]] virtual boost::asio::awaitable<Event> Read(base::milliseconds patience) = 0;
  // After kMessage and until the next Read: what came.
  [[nodiscard]] virtual const google::protobuf::Message& message() const = 0;
  // After kEnd: how the call ended.
  [[nodiscard]] virtual absl::Status status() const = 0;
  // After the first message: what the server sent at its start.
  [[nodiscard]] virtual MetadataList metadata() const = 0;
  virtual void Cancel() = 0;
};

// A service that calls go to. Thread-safe; coroutines resume on the caller's executor. A call fails
// at once with UNAVAILABLE while no server of the service can be reached.
class Upstream {
 public:
  virtual ~Upstream() = default;
  [[nodiscard]] virtual boost::asio::awaitable<UnaryResult> Unary(
      const OutgoingCall& call, const google::protobuf::Message& request,
      google::protobuf::Message* response, CancelHandle* cancel) = 0;
  // `message` is of the type that the server sends.
  [[nodiscard]] virtual std::unique_ptr<UpstreamStream> ServerStreaming(
      const OutgoingCall& call, const google::protobuf::Message& request,
      std::unique_ptr<google::protobuf::Message> message,
      boost::asio::any_io_executor executor) = 0;
  // Whether a server can be reached just now. Starts connecting when not.
  [[nodiscard]] virtual bool Connected() = 0;
};

}  // namespace trellis::gateway

#endif  // GATEWAY_UPSTREAM_UPSTREAM_H_
