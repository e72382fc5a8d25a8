#include "mesh/rpc/channel.h"

#include <grpcpp/grpcpp.h>

#include "mesh/rpc/mutex_mode.h"

namespace trellis::rpc {

std::string ServiceConfig(const ChannelOptions& options) {
  std::string config = R"({"loadBalancingConfig":[{"round_robin":{}}])";
  if (options.health_check) {
    config += R"(,"healthCheckConfig":{"serviceName":")" + options.service + "\"}";
  }
  if (!options.idempotent_methods.empty()) {
    config += R"(,"retryThrottling":{"maxTokens":100,"tokenRatio":0.1},"methodConfig":[{"name":[)";
    bool first = true;
    for (const std::string& method : options.idempotent_methods) {
      config += std::string(first ? "" : ",") + R"({"service":")" + options.service +
                R"(","method":")" + method + "\"}";
      first = false;
    }
    config += R"(],"retryPolicy":{"maxAttempts":3,"initialBackoff":"0.05s","maxBackoff":"0.5s",)"
              R"("backoffMultiplier":2,"retryableStatusCodes":["UNAVAILABLE","CANCELLED"]}}])";
  }
  return config + "}";
}

std::shared_ptr<grpc::Channel> MakeChannel(const ChannelOptions& options) {
  grpc::ChannelArguments arguments;
  TurnOffDeadlockDetection();
  arguments.SetServiceConfigJSON(ServiceConfig(options));
  // Where nothing may be retried, gRPC need not keep what it sends.
  arguments.SetInt(GRPC_ARG_ENABLE_RETRIES, options.idempotent_methods.empty() ? 0 : 1);
  // Another client's channel of the same arguments must not share our connection and its fate.
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 100);
  arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, 1000);  // time for one attempt
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS,
                   static_cast<int>(options.max_reconnect_backoff.count()));
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, 10'000);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, 3'000);
  arguments.SetInt(GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0);
  return grpc::CreateCustomChannel(options.target, grpc::InsecureChannelCredentials(), arguments);
}

}  // namespace trellis::rpc
