#include "mesh/rpc/options.h"

namespace trellis::rpc {

void AddOptions(base::OptionTable& table, ServerOptions& server, RuntimeOptions& runtime) {
  table.Add("max-in-flight", "MAX_IN_FLIGHT", &runtime.max_in_flight, 1, 1'000'000,
            "calls at a time; further ones get RESOURCE_EXHAUSTED");
  table.Add("max-deadline", "MAX_DEADLINE", &runtime.max_deadline,
            "longest time that a unary call may take");
  table.AddChoice("access-log", "ACCESS_LOG", &runtime.access_log, {"none", "errors", "all"},
                  "calls that leave a log line");
  table.Add("max-connection-age", "MAX_CONNECTION_AGE", &server.max_connection_age,
            "after this time a connection is asked to go, so that clients find new servers");
}

}  // namespace trellis::rpc
