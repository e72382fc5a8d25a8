#include "services/order/run_consumer.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <future>

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
    std::promise<bool> stopped;
    boost::asio::co_spawn(reactors[0], loop.Stop(deadline),
                          [&stopped](std::exception_ptr, bool all) { stopped.set_value(all); });
    const bool ended = stopped.get_future().get();
    consumer.Flush(deadline);
    reactors.Stop();
    return ended;
  });
}

}  // namespace trellis::order
