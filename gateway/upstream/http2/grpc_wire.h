#ifndef GATEWAY_UPSTREAM_HTTP2_GRPC_WIRE_H_
#define GATEWAY_UPSTREAM_HTTP2_GRPC_WIRE_H_

#include <optional>
#include <string>
#include <string_view>

#include "google/protobuf/message.h"
#include "mesh/base/clock.h"
#include "mesh/base/status.h"

// How gRPC writes things on HTTP/2. Source: grpc/doc/PROTOCOL-HTTP2.md and
// grpc/doc/http-grpc-status-mapping.md.
namespace trellis::gateway::http2 {

// A Length-Prefixed-Message: a zero byte (not compressed), four bytes of length, the message.
[[nodiscard]] std::string EncodeMessage(const google::protobuf::Message& message);

// The value of grpc-timeout; rounded up, at most 8 digits.
[[nodiscard]] std::string EncodeTimeout(base::milliseconds time);

// Of grpc-message. What is no valid escape stays as it is.
[[nodiscard]] std::string DecodePercent(std::string_view text);

// What the trailers say: grpc-status, grpc-message, grpc-status-details-bin (still base64).
[[nodiscard]] absl::Status StatusFromTrailers(std::string_view code, std::string_view message,
                                              std::string_view details);

// What a response without grpc-status means.
[[nodiscard]] absl::Status StatusFromHttp(int http_status);

// What RST_STREAM with this error code of HTTP/2 means.
[[nodiscard]] absl::Status StatusFromReset(uint32_t error_code);

// Puts DATA together into messages.
class MessageReader {
 public:
  explicit MessageReader(size_t max_message_bytes) : max_message_bytes_(max_message_bytes) {}

  // What comes next on the stream; must live until Next returns nothing, which comes before the
  // next Feed.
  void Feed(std::string_view data);
  // A whole message, valid until the next call; nothing when more is needed; an error when a
  // message is compressed or too long.
  [[nodiscard]] absl::StatusOr<std::optional<std::string_view>> Next();

 private:
  const size_t max_message_bytes_;
  std::string kept_;        // a message that has not come whole
  std::string_view input_;  // what Next has not looked at
};

}  // namespace trellis::gateway::http2

#endif  // GATEWAY_UPSTREAM_HTTP2_GRPC_WIRE_H_
