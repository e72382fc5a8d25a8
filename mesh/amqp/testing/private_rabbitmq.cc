#include "mesh/amqp/testing/private_rabbitmq.h"

#include <amqp.h>
#include <amqp_tcp_socket.h>
#include <unistd.h>

#include <fstream>
#include <memory>
#include <stdexcept>

namespace trellis::amqp::testing {
namespace {

using base::milliseconds;
using base::testing::FreePort;
using base::testing::ReadFile;
using base::testing::Subprocess;
using base::testing::TempDir;
using base::testing::WaitUntil;

constexpr char kPrograms[] = "/usr/lib/rabbitmq/bin/";
constexpr char kStarted[] = "Server startup complete";
constexpr milliseconds kStartTime{60'000};
constexpr milliseconds kControlTime{60'000};

// Three different ones: what a port is wanted for must not be given to it twice.
int PortOtherThan(const std::vector<int>& taken) {
  for (;;) {
    const int port = FreePort();
    if (std::find(taken.begin(), taken.end(), port) == taken.end()) return port;
  }
}

std::map<std::string, std::string> Variables(const TempDir& directory, const std::string& name,
                                             int port, int distribution_port, int epmd_port) {
  return {
      {"HOME", directory.path()},  // of .erlang.cookie
      {"RABBITMQ_NODENAME", name},
      {"RABBITMQ_NODE_IP_ADDRESS", "127.0.0.1"},
      {"RABBITMQ_NODE_PORT", std::to_string(port)},
      {"RABBITMQ_DIST_PORT", std::to_string(distribution_port)},
      {"ERL_EPMD_PORT", std::to_string(epmd_port)},
      {"ERL_EPMD_ADDRESS", "127.0.0.1"},
      {"RABBITMQ_CONF_ENV_FILE", directory.File("no.conf")},
      {"RABBITMQ_CONFIG_FILE", directory.File("rabbitmq.conf")},
      {"RABBITMQ_ENABLED_PLUGINS_FILE", directory.File("plugins")},
      {"RABBITMQ_MNESIA_BASE", directory.File("data")},
      {"RABBITMQ_GENERATED_CONFIG_DIR", directory.File("generated")},
      {"RABBITMQ_LOG_BASE", directory.File("log")},
      {"RABBITMQ_LOGS", "-"},
      {"RABBITMQ_PID_FILE", directory.File("pid")},
      // By itself the script starts the VM as a child, which would survive it. This makes it exec.
      {"RABBITMQ_ALLOW_INPUT", "1"},
      {"RABBITMQ_SERVER_START_ARGS", "-noinput"},
  };
}

}  // namespace

PrivateRabbitMq::PrivateRabbitMq()
    : port_(FreePort()),
      distribution_port_(PortOtherThan({port_})),
      epmd_port_(PortOtherThan({port_, distribution_port_})),
      node_name_("trellis-" + std::to_string(getpid()) + "-" + std::to_string(port_) +
                 "@localhost"),
      // In the foreground: the one that Erlang starts on demand is a daemon that stays.
      epmd_({{"epmd", "-port", std::to_string(epmd_port_), "-address", "127.0.0.1"},
             {},
             directory_.File("epmd.log")}),
      server_(ServerOptions()) {
  std::ofstream(directory_.File("plugins")) << "[].\n";
  // The test machine's disk is none of the test's business.
  std::ofstream(directory_.File("rabbitmq.conf")) << "disk_free_limit.absolute = 1MB\n";
  epmd_.Start();
  Start();
}

Subprocess::Options PrivateRabbitMq::ServerOptions() {
  return {{std::string(kPrograms) + "rabbitmq-server"},
          Variables(directory_, node_name_, port_, distribution_port_, epmd_port_),
          directory_.File("rabbitmq.log")};
}

Node PrivateRabbitMq::node() const {
  Node node;
  node.host = "127.0.0.1";
  node.port = static_cast<uint16_t>(port_);
  return node;
}

void PrivateRabbitMq::Start() {
  const size_t before = server_.Output().size();
  server_.Start();
  const bool up = WaitUntil(
      [this, before] {
        return server_.Output().find(kStarted, before) != std::string::npos || !server_.running();
      },
      kStartTime);
  if (!up || !server_.running()) {
    throw std::runtime_error("rabbitmq-server does not start: " + server_.Output());
  }
}

std::string PrivateRabbitMq::Control(const std::vector<std::string>& arguments) const {
  const TempDir output;
  Subprocess::Options options{
      {std::string(kPrograms) + "rabbitmqctl", "-q", "-n", node_name_},
      Variables(directory_, node_name_, port_, distribution_port_, epmd_port_),
      output.File("output")};
  // The server's arguments are not for this VM.
  options.variables.erase("RABBITMQ_SERVER_START_ARGS");
  options.argv.insert(options.argv.end(), arguments.begin(), arguments.end());
  Subprocess control(options);
  control.Start();
  int code = 0;
  if (!control.Wait(kControlTime, &code) || code != 0) {
    throw std::runtime_error("rabbitmqctl failed: " + control.Output());
  }
  return control.Output();
}

void PrivateRabbitMq::SetMemoryAlarm(bool on) const {
  Control({"set_vm_memory_high_watermark", on ? "0" : "0.9"});
}

int PrivateRabbitMq::Ready(const std::string& queue) const {
  const std::unique_ptr<amqp_connection_state_t_, int (*)(amqp_connection_state_t)> connection(
      amqp_new_connection(), amqp_destroy_connection);
  amqp_socket_t* const socket = amqp_tcp_socket_new(connection.get());
  if (socket == nullptr || amqp_socket_open(socket, "127.0.0.1", port_) != AMQP_STATUS_OK ||
      amqp_login(connection.get(), "/", 0, AMQP_DEFAULT_FRAME_SIZE, 0, AMQP_SASL_METHOD_PLAIN,
                 "guest", "guest")
              .reply_type != AMQP_RESPONSE_NORMAL ||
      amqp_channel_open(connection.get(), 1) == nullptr) {
    throw std::runtime_error("cannot reach rabbitmq");
  }
  const amqp_queue_declare_ok_t* const declared =
      amqp_queue_declare(connection.get(), 1, amqp_cstring_bytes(queue.c_str()), /*passive=*/1,
                         /*durable=*/1, 0, 0, amqp_empty_table);
  const int ready = declared == nullptr ? -1 : static_cast<int>(declared->message_count);
  amqp_connection_close(connection.get(), AMQP_REPLY_SUCCESS);
  return ready;
}

}  // namespace trellis::amqp::testing
