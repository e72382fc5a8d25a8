#include "clients/cli/commands/queue.h"

#include "clients/cli/commands/commands.h"

namespace trellis::cli {

std::vector<Flag> QueueFlags(std::vector<Flag> own) {
  return ServiceFlags(std::move(own), "ENQUEUE_ADDR", "127.0.0.1:50051");
}

Positional OptionalQueue() {
  return {.name = "QUEUE", .help = "Without it the server's default queue", .required = false};
}

std::string QueueInWords(const std::string& name) {
  return name.empty() ? "the default queue" : "queue " + name;
}

std::string Counted(int64_t count, const std::string& what) {
  return std::to_string(count) + " " + what + (count == 1 ? "" : "s");
}

CommandTable QueueCommands() {
  return {{.name = "queue",
           .summary = "Looks into queues, pauses them, and repairs what died",
           .examples = {{"queue ls", "all queues and their counts"},
                        {"queue peek emails --state dead", "what died and why"},
                        {"queue retry emails --all", "let it run again"}}},
          QueueListCommand(),
          QueueShowCommand(),
          QueuePeekCommand(),
          QueueRetryCommand(),
          QueuePurgeCommand(),
          QueuePauseCommand(),
          QueueResumeCommand(),
          QueueWatchCommand()};
}

}  // namespace trellis::cli
