#include "clients/cpp/client.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/descriptor.pb.h>

#include <algorithm>

#include "mesh/rpc/channel.h"

namespace trellis::client {
namespace {

std::vector<std::string> IdempotentMethods(const std::string& service_name) {
  std::vector<std::string> names;
  const auto* pool = google::protobuf::DescriptorPool::generated_pool();
  const auto* service = pool->FindServiceByName(service_name);
  for (int i = 0; service != nullptr && i < service->method_count(); ++i) {
    const auto level = service->method(i)->options().idempotency_level();
    if (level == google::protobuf::MethodOptions::IDEMPOTENCY_UNKNOWN) continue;
    names.push_back(service->method(i)->name());
  }
  return names;
}

}  // namespace

bool IsIdempotencyKey(std::string_view key) {
  const auto visible = [](char c) { return c > ' ' && c <= '~'; };
  return !key.empty() && key.size() <= 255 && std::all_of(key.begin(), key.end(), visible);
}

std::shared_ptr<grpc::Channel> Connect(const Options& options, std::string_view service) {
  rpc::ChannelOptions channel;
  channel.target = options.address;
  channel.service = service;
  channel.idempotent_methods = IdempotentMethods(channel.service);
  return rpc::MakeChannel(channel);
}

}  // namespace trellis::client
