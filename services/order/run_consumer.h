#ifndef SERVICES_ORDER_RUN_CONSUMER_H_
#define SERVICES_ORDER_RUN_CONSUMER_H_

#include "services/order/consumer_loop.h"
#include "services/order/dependencies.h"

namespace trellis::order {

// The life of a process that consumes one queue, from its start to the signal that ends it: what
// order-processor and order-notifier have in common. Returns the exit code.
[[nodiscard]] int RunConsumer(app::Process& process, base::Reactors& reactors,
                              Dependencies& dependencies, ConsumerLoop::Handler handler,
                              ConsumerOptions options);

}  // namespace trellis::order

#endif  // SERVICES_ORDER_RUN_CONSUMER_H_
