#include "gateway/http/stream_format.h"

namespace trellis::gateway {

StreamFormat ChooseFormat(std::string_view accept) {
  return accept.find("text/event-stream") == accept.npos ? StreamFormat::kNdjson
                                                         : StreamFormat::kEvents;
}

std::string_view ContentTypeOf(StreamFormat format) {
  return format == StreamFormat::kEvents ? "text/event-stream" : "application/x-ndjson";
}

std::string MessageFrame(StreamFormat format, uint64_t id, std::string_view json) {
  std::string frame;
  if (format == StreamFormat::kEvents) {
    frame.append("id: ").append(std::to_string(id)).append("\ndata: ").append(json).append("\n\n");
  } else {
    frame.append("{\"result\":").append(json).append("}\n");
  }
  return frame;
}

std::string ErrorFrame(StreamFormat format, std::string_view json) {
  std::string frame;
  if (format == StreamFormat::kEvents) {
    frame.append("event: error\ndata: ").append(json).append("\n\n");
  } else {
    frame.append("{\"error\":").append(json).append("}\n");
  }
  return frame;
}

std::string_view HeartbeatFrame(StreamFormat format) {
  return format == StreamFormat::kEvents ? ": heartbeat\n\n" : "";
}

}  // namespace trellis::gateway
