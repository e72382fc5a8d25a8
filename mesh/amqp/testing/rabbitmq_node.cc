#include "mesh/amqp/testing/rabbitmq_node.h"

#include <amqp.h>
#include <amqp_tcp_socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <stdexcept>

#include "mesh/base/ids.h"

namespace trellis::amqp::testing {
namespace {

using base::milliseconds;
using base::testing::StablePort;
using base::testing::Subprocess;
using base::testing::TempDir;
using base::testing::WaitUntil;

constexpr char kPrograms[] = "/usr/lib/rabbitmq/bin/";
constexpr char kStarted[] = "Server startup complete";
constexpr milliseconds kStartTime{60'000};
constexpr milliseconds kControlTime{60'000};

}  // namespace

RabbitMqHome::RabbitMqHome()
    : epmd_port_(StablePort()),
      // In the foreground: the one that Erlang starts on demand is a daemon that stays.
      epmd_({{"epmd", "-port", std::to_string(epmd_port_), "-address", "127.0.0.1"},
             {},
             directory_.File("epmd.log")}) {
  // Written here, since nodes that start at the same time would each make up one of their own.
  const std::string cookie = directory_.File(".erlang.cookie");
  std::ofstream(cookie) << base::RandomBits();
  chmod(cookie.c_str(), 0400);
  epmd_.Start();
}

RabbitMqNode::RabbitMqNode(std::shared_ptr<RabbitMqHome> home, const std::string& settings)
    : home_(std::move(home)),
      port_(StablePort()),
      distribution_port_(StablePort()),
      name_("trellis-" + std::to_string(getpid()) + "-" + std::to_string(port_) + "@localhost"),
      server_({{std::string(kPrograms) + "rabbitmq-server"}, Variables(), File("rabbitmq.log")}) {
  std::filesystem::create_directory(home_->directory().File(name_));
  std::ofstream(File("plugins")) << "[].\n";
  Configure(settings);
}

void RabbitMqNode::Configure(const std::string& settings) const {
  // The test machine's disk is none of the test's business.
  std::ofstream(File("rabbitmq.conf")) << "disk_free_limit.absolute = 1MB\n" << settings;
}

std::string RabbitMqNode::File(const std::string& name) const {
  return home_->directory().File(name_) + "/" + name;
}

std::map<std::string, std::string> RabbitMqNode::Variables() const {
  return {
      {"HOME", home_->directory().path()},  // of .erlang.cookie
      {"RABBITMQ_NODENAME", name_},
      {"RABBITMQ_NODE_IP_ADDRESS", "127.0.0.1"},
      {"RABBITMQ_NODE_PORT", std::to_string(port_)},
      {"RABBITMQ_DIST_PORT", std::to_string(distribution_port_)},
      {"RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS", "-kernel inet_dist_use_interface {127,0,0,1}"},
      {"ERL_EPMD_PORT", std::to_string(home_->epmd_port())},
      {"ERL_EPMD_ADDRESS", "127.0.0.1"},
      {"RABBITMQ_CONF_ENV_FILE", File("no.conf")},
      {"RABBITMQ_CONFIG_FILE", File("rabbitmq.conf")},
      {"RABBITMQ_ENABLED_PLUGINS_FILE", File("plugins")},
      {"RABBITMQ_MNESIA_BASE", File("data")},
      {"RABBITMQ_GENERATED_CONFIG_DIR", File("generated")},
      {"RABBITMQ_LOG_BASE", File("log")},
      {"RABBITMQ_LOGS", "-"},
      {"RABBITMQ_PID_FILE", File("pid")},
      // By itself the script starts the VM as a child, which would survive it. This makes it exec.
      {"RABBITMQ_ALLOW_INPUT", "1"},
      {"RABBITMQ_SERVER_START_ARGS", "-noinput"},
  };
}

Node RabbitMqNode::node() const {
  Node node;
  node.host = "127.0.0.1";
  node.port = static_cast<uint16_t>(port_);
  return node;
}

void RabbitMqNode::Start() {
  Launch();
  AwaitStarted();
}

void RabbitMqNode::AwaitQueuesSaved() const {
  // Of each queue's log, which is a directory, the name is in Ra's register of names.
  const std::string directory = File("data") + "/" + name_ + "/quorum/" + name_;
  const auto saved = [&] {
    const std::string names = base::testing::ReadFile(directory + "/names.dets");
    for (const auto& log : std::filesystem::directory_iterator(directory)) {
      if (log.is_directory() && names.find(log.path().filename()) == names.npos) return false;
    }
    return true;
  };
  if (!WaitUntil(saved, kControlTime)) {
    throw std::runtime_error("rabbitmq does not save its queues: " + LogTail());
  }
}

void RabbitMqNode::Kill() {
  AwaitQueuesSaved();
  server_.Kill();
}

void RabbitMqNode::Launch() {
  log_start_ = server_.Output().size();
  server_.Start();
}

void RabbitMqNode::AwaitStarted() {
  const bool up = WaitUntil(
      [this] {
        return server_.Output().find(kStarted, log_start_) != std::string::npos ||
               !server_.running();
      },
      kStartTime);
  if (!up || !server_.running()) {
    throw std::runtime_error("rabbitmq-server does not start: " + LogTail());
  }
}

std::string RabbitMqNode::LogTail(int lines) const {
  const std::string log = server_.Output();
  size_t at = log.size();
  for (int i = 0; i <= lines && at != log.npos && at > 0; ++i) at = log.rfind('\n', at - 1);
  return "--- " + name_ + "\n" + (at == log.npos || at == 0 ? log : log.substr(at + 1));
}

std::string RabbitMqNode::Control(const std::vector<std::string>& arguments) const {
  const TempDir output;
  Subprocess::Options options{{std::string(kPrograms) + "rabbitmqctl", "-q", "-n", name_},
                              Variables(),
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

void RabbitMqNode::SetMemoryAlarm(bool on) const {
  Control({"set_vm_memory_high_watermark", on ? "0" : "0.9"});
}

int RabbitMqNode::Ready(const std::string& queue) const {
  const std::unique_ptr<amqp_connection_state_t_, int (*)(amqp_connection_state_t)> connection(
      amqp_new_connection(), amqp_destroy_connection);
  amqp_socket_t* const socket = amqp_tcp_socket_new(connection.get());
  // A node that was stopped with SIGSTOP accepts and says nothing.
  timeval patience{5, 0};
  amqp_set_handshake_timeout(connection.get(), &patience);
  amqp_set_rpc_timeout(connection.get(), &patience);
  if (socket == nullptr || amqp_socket_open(socket, "127.0.0.1", port_) != AMQP_STATUS_OK ||
      amqp_login(connection.get(), "/", 0, AMQP_DEFAULT_FRAME_SIZE, 0, AMQP_SASL_METHOD_PLAIN,
                 "guest", "guest")
              .reply_type != AMQP_RESPONSE_NORMAL ||
      amqp_channel_open(connection.get(), 1) == nullptr) {
    throw std::runtime_error("cannot reach " + address());
  }
  const amqp_queue_declare_ok_t* const declared =
      amqp_queue_declare(connection.get(), 1, amqp_cstring_bytes(queue.c_str()), /*passive=*/1,
                         /*durable=*/1, 0, 0, amqp_empty_table);
  if (declared == nullptr &&
      amqp_get_rpc_reply(connection.get()).reply_type != AMQP_RESPONSE_SERVER_EXCEPTION) {
    throw std::runtime_error("rabbitmq does not answer");
  }
  const int ready = declared == nullptr ? -1 : static_cast<int>(declared->message_count);
  amqp_connection_close(connection.get(), AMQP_REPLY_SUCCESS);
  return ready;
}

}  // namespace trellis::amqp::testing
