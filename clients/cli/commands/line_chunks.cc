#include "clients/cli/commands/line_chunks.h"

#include <istream>

#include "clients/cli/text.h"

namespace trellis::cli {
namespace {

constexpr size_t kMaxLines = 1000;
// The last line may come on top, and each job's other fields.
constexpr size_t kEnoughBytes = size_t{3} * 1024 * 1024;

}  // namespace

absl::Status CheckMessage(std::string_view source, std::string_view message) {
  const auto bad = [source](const char* what) {
    return base::MakeStatus(absl::StatusCode::kInvalidArgument, std::string(source) + what);
  };
  if (message.empty()) return bad(" is empty");
  if (message.size() > kMaxMessageBytes) return bad(" is larger than 512 KiB");
  if (!IsUtf8(message)) return bad(" is not UTF-8 text");
  return absl::OkStatus();
}

absl::StatusOr<LineChunk> LineChunks::Next() {
  LineChunk chunk;
  size_t bytes = 0;
  std::string line;
  while (chunk.messages.size() < kMaxLines && bytes < kEnoughBytes && std::getline(in_, line)) {
    ++lines_;
    if (line.empty()) continue;
    absl::Status usable = CheckMessage("line " + std::to_string(lines_), line);
    if (!usable.ok()) return usable;
    if (chunk.messages.empty()) chunk.first_line = lines_;
    chunk.last_line = lines_;
    bytes += line.size();
    chunk.messages.push_back(std::move(line));
  }
  return chunk;
}

}  // namespace trellis::cli
