#include "mesh/redis/testing/run_command.h"

#include <hiredis/hiredis.h>

#include <memory>
#include <stdexcept>

#include "mesh/redis/impl/reply_objects.h"

namespace trellis::redis::testing {

Reply RunCommand(int port, const std::vector<std::string>& arguments) {
  const timeval patience{5, 0};
  const std::unique_ptr<redisContext, decltype(&redisFree)> context(
      redisConnectWithTimeout("127.0.0.1", port, patience), redisFree);
  if (context == nullptr || context->err != 0) throw std::runtime_error("cannot reach redis");
  redisSetTimeout(context.get(), patience);
  // A Reply ends what our own parser makes, and would leave half of what hiredis' makes behind.
  redisReaderFree(context->reader);
  context->reader = impl::MakeReader().release();
  std::vector<const char*> values;
  std::vector<size_t> lengths;
  for (const std::string& argument : arguments) {
    values.push_back(argument.data());
    lengths.push_back(argument.size());
  }
  auto* reply = static_cast<redisReply*>(redisCommandArgv(
      context.get(), static_cast<int>(values.size()), values.data(), lengths.data()));
  if (reply == nullptr) throw std::runtime_error("redis went away");
  return Reply(reply);
}

}  // namespace trellis::redis::testing
