#ifndef CLIENTS_CLI_COMMANDS_QUEUE_VIEW_H_
#define CLIENTS_CLI_COMMANDS_QUEUE_VIEW_H_

#include <string>
#include <vector>

#include "clients/cli/table.h"
#include "mesh/base/clock.h"
#include "trellis/enqueue/v1/enqueue.pb.h"

// How queues and jobs look to people. Pure functions.
namespace trellis::cli {

// A row of a table of queues, and its columns; it fits into 80 columns, so the totals are left out.
[[nodiscard]] std::vector<Table::Column> QueueColumns();
[[nodiscard]] std::vector<std::string> QueueRow(const enqueue::v1::Queue& queue);
// A queue as lines of "name  value".
[[nodiscard]] std::string RenderQueue(const enqueue::v1::Queue& queue);

// Jobs of one state; what the columns are depends on it.
[[nodiscard]] Table JobTable(enqueue::v1::JobState state,
                             const google::protobuf::RepeatedPtrField<enqueue::v1::Job>& jobs,
                             base::WallTime now);
// A job as lines, its message last and in full; `raw` leaves the message as it is.
[[nodiscard]] std::string RenderJob(const enqueue::v1::Job& job, base::WallTime now, bool raw);

// "in-flight" and the like.
[[nodiscard]] std::string StateName(enqueue::v1::JobState state);
[[nodiscard]] const std::vector<std::string>& StateNames();
// JOB_STATE_UNSPECIFIED for what is no state.
[[nodiscard]] enqueue::v1::JobState StateOf(const std::string& name);

}  // namespace trellis::cli

#endif  // CLIENTS_CLI_COMMANDS_QUEUE_VIEW_H_
