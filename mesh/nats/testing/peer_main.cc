// A process for tests to kill or to stop, with a connection as ConnectionFixture's:
//   nats_test_peer URL publish       publishes "0", "1", ... in batches of 100; prints a line with
//                                    the count of all that are confirmed after each
//   nats_test_peer URL hold COUNT    takes so many messages, prints "held", and keeps them
#include <cstdio>
#include <cstdlib>
#include <string>

#include "mesh/base/testing/run.h"
#include "mesh/nats/connection.h"

namespace trellis::nats {
namespace {

using base::Deadline;
using base::milliseconds;
using base::testing::RunCoroutine;

[[noreturn]] void PublishForEver(Connection& connection) {
  boost::asio::io_context context;
  for (int confirmed = 0;;) {
    std::vector<Message> messages;
    for (int i = 0; i < 100; ++i) messages.push_back({"events", std::to_string(confirmed + i)});
    const auto statuses = RunCoroutine(
        context, connection.Publish(std::move(messages), Deadline::After(milliseconds(10'000))));
    for (const absl::Status& status : statuses) {
      if (!status.ok()) std::exit(1);
    }
    confirmed += 100;
    std::printf("%d\n", confirmed);
    std::fflush(stdout);
  }
}

[[noreturn]] void Hold(Connection& connection, size_t count) {
  boost::asio::io_context context;
  std::vector<Delivery> held;
  for (;;) {
    const auto more =
        RunCoroutine(context, connection.Next(static_cast<int>(count - held.size()) + 1,
                                              Deadline::After(milliseconds(10'000))));
    if (more.ok()) held.insert(held.end(), more->begin(), more->end());
    if (held.size() == count) std::puts("held");
    std::fflush(stdout);
  }
}

int Main(int argc, char** argv) {
  if (argc < 3) return 2;
  ConnectionOptions options;
  options.servers = {argv[1]};
  options.name = "peer";
  const bool hold = std::string(argv[2]) == "hold";
  if (hold) options.consumer = DurableConsumer{"EVENTS", "workers", milliseconds(1000), 3, "dead"};
  Connection connection(options);
  connection.Start();
  while (!connection.state().connected) {
    boost::asio::io_context context;
    context.run_for(milliseconds(5));
  }
  if (hold) Hold(connection, argc > 3 ? std::strtoul(argv[3], nullptr, 10) : 1);
  PublishForEver(connection);
}

}  // namespace
}  // namespace trellis::nats

int main(int argc, char** argv) { return trellis::nats::Main(argc, argv); }
