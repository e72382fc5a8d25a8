#ifndef CLIENTS_CLI_COMMANDS_LINE_CHUNKS_H_
#define CLIENTS_CLI_COMMANDS_LINE_CHUNKS_H_

#include <iosfwd>
#include <string>
#include <string_view>
#include <vector>

#include "mesh/base/status.h"

namespace trellis::cli {

inline constexpr size_t kMaxMessageBytes = size_t{512} * 1024;  // of enqueue.proto

// OK when the service would take `message`; else INVALID_ARGUMENT, beginning with `source`.
[[nodiscard]] absl::Status CheckMessage(std::string_view source, std::string_view message);

struct LineChunk {
  std::vector<std::string> messages;
  size_t first_line = 0;  // from 1
  size_t last_line = 0;
};

// Cuts a stream into requests of EnqueueBatch: at most 1,000 lines and safely below the 4 MiB that
// a gRPC server takes, whichever comes first. Empty lines are skipped. Borrows the stream; blocks
// on it. Not thread-safe.
class LineChunks {
 public:
  explicit LineChunks(std::istream& in) : in_(in) {}

  // Without messages at the end of the stream. INVALID_ARGUMENT names a line that cannot be sent.
  [[nodiscard]] absl::StatusOr<LineChunk> Next();

 private:
  std::istream& in_;
  size_t lines_ = 0;
};

}  // namespace trellis::cli

#endif  // CLIENTS_CLI_COMMANDS_LINE_CHUNKS_H_
