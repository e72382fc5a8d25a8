#ifndef CLIENTS_CLI_COMMANDS_QUEUE_H_
#define CLIENTS_CLI_COMMANDS_QUEUE_H_

#include "clients/cli/command.h"
#include "clients/cli/service_command.h"
#include "trellis/enqueue/v1/enqueue.grpc.pb.h"

// The parts of `trellis queue`, put together in queue.cc.
namespace trellis::cli {

using QueueClient = client::Client<enqueue::v1::EnqueueService>;

[[nodiscard]] Command QueueListCommand();
[[nodiscard]] Command QueueShowCommand();
[[nodiscard]] Command QueuePeekCommand();
[[nodiscard]] Command QueueRetryCommand();
[[nodiscard]] Command QueuePurgeCommand();
[[nodiscard]] Command QueuePauseCommand();
[[nodiscard]] Command QueueResumeCommand();
[[nodiscard]] Command QueueWatchCommand();

// The flags that all of them have, after their own.
[[nodiscard]] std::vector<Flag> QueueFlags(std::vector<Flag> own = {});
// An optional [QUEUE]; without it the server's default queue.
[[nodiscard]] Positional OptionalQueue();
// "queue emails", or "the default queue".
[[nodiscard]] std::string QueueInWords(const std::string& name);
// "1 dead job", "2 dead jobs": `what` is "dead job".
[[nodiscard]] std::string Counted(int64_t count, const std::string& what);

}  // namespace trellis::cli

#endif  // CLIENTS_CLI_COMMANDS_QUEUE_H_
