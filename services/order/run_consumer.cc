#include "services/order/run_consumer.h"

#include <boost/asio/post.hpp>

#include "mesh/base/await_on.h"

namespace trellis::order {

int RunConsumer(app::Process& process, base::Reactors& reactors, Dependencies& dependencies,
                ConsumerLoop::Handler handler, ConsumerOptions options) {
  amqp::Connection& consumer = dependencies.consumer();
  ConsumerLoop loop(reactors[0].get_executor(), consumer, dependencies.publisher(),
                    std::move(handler), process.metrics(), std::move(options));
  boost::asio::post(reactors[0], [&loop] { loop.Start(); });
  dependencies.Start();
  reactors.Start();

  return process.RunUntilSignal([&](base::Deadline deadline) {
    consumer.StopConsuming();
    const bool ended = base::AwaitOn(reactors[0].get_executor(), loop.Stop(deadline));
    consumer.Flush(deadline);
    reactors.Stop();
    return ended;
  });
}

}  // namespace trellis::order
