#include "mesh/redis/testing/private_redis.h"

#include <stdexcept>

#include "mesh/redis/testing/run_command.h"

namespace trellis::redis::testing {
namespace {

using base::testing::StablePort;
using base::testing::Subprocess;
using base::testing::WaitUntil;

std::vector<std::string> Arguments(int port, const std::string& directory,
                                   const std::vector<std::string>& extra) {
  std::vector<std::string> arguments = {"redis-server",
                                        "--port",
                                        std::to_string(port),
                                        "--bind",
                                        "127.0.0.1",
                                        "--dir",
                                        directory,
                                        "--appendonly",
                                        "yes",
                                        "--appendfsync",
                                        "always",
                                        "--save",
                                        "",
                                        "--daemonize",
                                        "no"};
  arguments.insert(arguments.end(), extra.begin(), extra.end());
  return arguments;
}

}  // namespace

PrivateRedis::PrivateRedis(std::vector<std::string> extra_arguments)
    : port_(StablePort()),
      process_(Subprocess::Options{
          Arguments(port_, directory_.path(), extra_arguments), {}, directory_.File("redis.log")}) {
  Start();
}

void PrivateRedis::Start() {
  process_.Start();
  const bool up = WaitUntil([this] {
    try {
      return Run({"PING"}).Text() == "PONG";
    } catch (const std::runtime_error&) {
      if (!process_.running()) throw;
      return false;
    }
  });
  if (!up) throw std::runtime_error("redis-server does not answer: " + process_.Output());
}

Reply PrivateRedis::Run(const std::vector<std::string>& arguments) const {
  return RunCommand(port_, arguments);
}

}  // namespace trellis::redis::testing
