#ifndef MESH_NATS_TOPOLOGY_H_
#define MESH_NATS_TOPOLOGY_H_

#include <string>
#include <vector>

#include "mesh/base/clock.h"

namespace trellis::nats {

enum class Retention {
  kLimits,     // until it is too old
  kWorkQueue,  // until it is acked or too old
};

// A JetStream stream in a file. When it is full it refuses what is new (discard policy "new").
struct Stream {
  std::string name;
  std::vector<std::string> subjects;
  Retention retention = Retention::kLimits;
  base::milliseconds max_age{0};  // 0: kept for ever
};

// A durable pull consumer of all that is in a stream; all processes that name it share its
// messages.
//
// The server is told of no delivery limit: a message whose deliveries are used up would stay in its
// stream, seen by nobody (nats-io/nats-server#7817). Whoever gets one that was delivered
// max_attempts times puts it on the dead subject instead of giving it out.
struct DurableConsumer {
  std::string stream;
  std::string name;
  // Until a message whose holder is gone is delivered again.
  base::milliseconds ack_wait{30'000};
  int max_attempts = 0;           // deliveries of a message before it is dead; 0: no limit
  std::string dead_subject = {};  // of another stream; not empty when there is a limit
  int max_ack_pending = 65'536;   // delivered and not acked, in all processes
};

}  // namespace trellis::nats

#endif  // MESH_NATS_TOPOLOGY_H_
