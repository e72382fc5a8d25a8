#ifndef MESH_NATS_TESTING_PRIVATE_NATS_H_
#define MESH_NATS_TESTING_PRIVATE_NATS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "mesh/base/testing/subprocess.h"

namespace trellis::nats::testing {

// A real nats-server with JetStream of a test's own, on a port of loopback that it keeps, with its
// streams in a directory that lives as long as this object. Blocks; not thread-safe. It dies with
// the thread that has started it. Throws std::runtime_error when what is asked of it is not done in
// time. The destructor kills it.
class PrivateNats {
 public:
  explicit PrivateNats(std::vector<std::string> extra_arguments = {});

  [[nodiscard]] std::string address() const { return "127.0.0.1:" + std::to_string(port_); }
  [[nodiscard]] std::string url() const { return "nats://" + address(); }
  // The server's process, for signals.
  [[nodiscard]] base::testing::Subprocess& process() { return process_; }

  // kill -9; what was confirmed is in the files.
  void Kill() { process_.Kill(); }
  // Starts it again on the same port with the same data, and waits until it answers.
  void Start();

  // A test's second pair of eyes and hands, on connections of their own:
  // messages in the stream; -1 when there is no such stream.
  [[nodiscard]] int64_t Messages(const std::string& stream) const;
  // The bodies of the stream's messages in their order.
  [[nodiscard]] std::vector<std::string> Bodies(const std::string& stream) const;
  // The deliveries of the consumer that are not acked; -1 when there is no such consumer.
  [[nodiscard]] int64_t AckPending(const std::string& stream, const std::string& consumer) const;
  void DeleteStream(const std::string& stream) const;
  // Publishes and waits for the confirm.
  void Publish(const std::string& subject, const std::string& data) const;
  // A request to JetStream's own API ("STREAM.CREATE.x") and its answer, both JSON.
  std::string Api(const std::string& call, const std::string& request = "") const;

 private:
  base::testing::TempDir directory_;
  const int port_;
  base::testing::Subprocess process_;
};

}  // namespace trellis::nats::testing

#endif  // MESH_NATS_TESTING_PRIVATE_NATS_H_
