#include "tests/support/rpc_client.h"

#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>

#include "mesh/rpc/channel.h"
#include "mesh/rpc/status.h"

namespace trellis::testing {
namespace {

constexpr std::chrono::seconds kPatience{5};

std::shared_ptr<grpc::Channel> ChannelTo(int port) {
  rpc::ChannelOptions options;
  options.target = "127.0.0.1:" + std::to_string(port);
  auto channel = rpc::MakeChannel(options);
  channel->WaitForConnected(std::chrono::system_clock::now() + kPatience);
  return channel;
}

grpc::ByteBuffer ToBuffer(const std::string& bytes) {
  const grpc::Slice slice(bytes);
  return {&slice, 1};
}

std::string ToText(const grpc::ByteBuffer& buffer) {
  std::vector<grpc::Slice> slices;
  std::string text;
  if (!buffer.Dump(&slices).ok()) return text;
  for (const grpc::Slice& slice : slices) {
    text.append(reinterpret_cast<const char*>(slice.begin()), slice.size());
  }
  return text;
}

// One message there and one back, on any method.
absl::StatusOr<std::string> CallRaw(int port, const std::string& method,
                                    const std::string& request) {
  grpc::GenericStub stub(ChannelTo(port));
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + kPatience);
  grpc::CompletionQueue queue;
  void* tag = nullptr;
  bool ok = false;
  const auto await = [&] { return queue.Next(&tag, &ok) && ok; };
  const auto call = stub.PrepareCall(&context, method, &queue);
  call->StartCall(nullptr);
  grpc::ByteBuffer answer;
  bool answered = await();
  if (answered) {
    call->Write(ToBuffer(request), nullptr);
    answered = await();
  }
  if (answered) {
    call->WritesDone(nullptr);
    answered = await();
  }
  if (answered) {
    call->Read(&answer, nullptr);
    answered = await();
  }
  grpc::Status status;
  call->Finish(&status, nullptr);
  (void)await();
  queue.Shutdown();
  while (queue.Next(&tag, &ok)) {
  }
  if (answered) return ToText(answer);
  return rpc::FromGrpc(status);
}

}  // namespace

std::unique_ptr<EnqueueStub> MakeStub(int port) {
  return enqueue::v1::EnqueueService::NewStub(ChannelTo(port));
}

absl::StatusOr<std::string> CheckHealth(int port, const std::string& service) {
  // HealthCheckRequest{service = 1}; HealthCheckResponse{status = 1}.
  std::string request;
  if (!service.empty()) {
    request = std::string("\x0a") + static_cast<char>(service.size()) + service;
  }
  const auto answer = CallRaw(port, "/grpc.health.v1.Health/Check", request);
  if (!answer.ok()) return answer.status();
  constexpr const char* kNames[] = {"UNKNOWN", "SERVING", "NOT_SERVING", "SERVICE_UNKNOWN"};
  const int status = answer->size() == 2 ? (*answer)[1] : 0;
  return kNames[status & 3];
}

absl::StatusOr<std::string> ListServices(int port) {
  // ServerReflectionRequest{list_services = 7: ""}.
  return CallRaw(port, "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo",
                 std::string("\x3a\x00", 2));
}

}  // namespace trellis::testing
