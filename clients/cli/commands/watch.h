#ifndef CLIENTS_CLI_COMMANDS_WATCH_H_
#define CLIENTS_CLI_COMMANDS_WATCH_H_

#include <grpcpp/client_context.h>
#include <grpcpp/support/sync_stream.h>

#include <functional>
#include <memory>
#include <ostream>
#include <string>

#include "clients/cli/cli.h"
#include "clients/cli/service_command.h"

namespace trellis::cli {

// A stream of snapshots and what is done with them.
template <typename Snapshot>
struct Watched {
  // A call with a deadline. A stream has none, so this is what notices a server that does not
  // answer.
  std::function<absl::Status()> ask;
  std::function<std::unique_ptr<grpc::ClientReader<Snapshot>>(grpc::ClientContext*)> open;
  std::function<void(const Snapshot&)> show;
  // A message that comes between two snapshots.
  std::function<void(const std::string&)> interrupt;
};

// Shows snapshots until the stream or stdout ends; connects again when a connection that had
// answers is lost. Blocks.
template <typename Snapshot>
[[nodiscard]] ExitCode Watch(const Watched<Snapshot>& watched, const Arguments& arguments,
                             Context& context) {
  while (true) {
    const absl::Status answer = watched.ask();
    if (!answer.ok()) return ReportFailure(answer, arguments, context.terminal);
    grpc::ClientContext call;
    const auto stream = watched.open(&call);
    bool received = false;
    for (Snapshot snapshot; context.terminal.out && stream->Read(&snapshot); received = true) {
      watched.show(snapshot);
    }
    if (!context.terminal.out) call.TryCancel();
    const absl::Status status = rpc::FromGrpc(stream->Finish());
    if (status.ok() || !context.terminal.out) return ExitCode::kOk;
    // Servers close old connections, and another one may take over.
    const bool lost = absl::IsUnavailable(status) || absl::IsCancelled(status);
    if (!lost || !received) return ReportFailure(status, arguments, context.terminal);
    watched.interrupt("the connection ended; connecting again");
  }
}

}  // namespace trellis::cli

#endif  // CLIENTS_CLI_COMMANDS_WATCH_H_
