#ifndef GATEWAY_HTTP_STREAM_FORMAT_H_
#define GATEWAY_HTTP_STREAM_FORMAT_H_

#include <cstdint>
#include <string>
#include <string_view>

namespace trellis::gateway {

// How the messages of a server stream look in an HTTP body: newline-delimited JSON with one
// {"result":...} or, last, {"error":...} a line; or Server-Sent Events (HTML standard, section 9.2)
// with ids counted from 1, whose last event is named "error" when the call failed. `json` is one
// line.
enum class StreamFormat { kNdjson, kEvents };

// Server-Sent Events when the Accept header names text/event-stream.
[[nodiscard]] StreamFormat ChooseFormat(std::string_view accept);
[[nodiscard]] std::string_view ContentTypeOf(StreamFormat format);
[[nodiscard]] std::string MessageFrame(StreamFormat format, uint64_t id, std::string_view json);
[[nodiscard]] std::string ErrorFrame(StreamFormat format, std::string_view json);
// What keeps a silent stream open; empty where there is no such thing.
[[nodiscard]] std::string_view HeartbeatFrame(StreamFormat format);

}  // namespace trellis::gateway

#endif  // GATEWAY_HTTP_STREAM_FORMAT_H_
