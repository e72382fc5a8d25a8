#include "mesh/nats/testing/private_nats.h"

#include <stdexcept>

#include "mesh/nats/impl/handles.h"

namespace trellis::nats::testing {
namespace {

using base::testing::StablePort;
using base::testing::Subprocess;
using base::testing::WaitUntil;

constexpr int64_t kPatienceMs = 5000;

std::vector<std::string> Arguments(int port, const std::string& directory,
                                   const std::vector<std::string>& extra) {
  std::vector<std::string> arguments = {"nats-server",        "-a",  "127.0.0.1", "-p",
                                        std::to_string(port), "-js", "-sd",       directory};
  arguments.insert(arguments.end(), extra.begin(), extra.end());
  return arguments;
}

void Check(natsStatus status, const std::string& what) {
  if (status == NATS_OK) return;
  throw std::runtime_error(what + ": " + natsStatus_GetText(status));
}

// One connection for one question.
struct Client {
  explicit Client(const std::string& url) {
    natsOptions* options = nullptr;
    Check(natsOptions_Create(&options), "options");
    const OptionsHandle owner(options);
    natsOptions_SetURL(options, url.c_str());
    natsOptions_SetAllowReconnect(options, false);
    natsOptions_SetTimeout(options, kPatienceMs);
    natsConnection* made = nullptr;
    Check(natsConnection_Connect(&made, options), "cannot reach " + url);
    connection.reset(made);
    jsOptions call;
    jsOptions_Init(&call);
    call.Wait = kPatienceMs;
    jsCtx* context = nullptr;
    Check(natsConnection_JetStream(&context, made, &call), "JetStream");
    js.reset(context);
  }
  ConnectionHandle connection;
  JetStreamHandle js;
};

}  // namespace

PrivateNats::PrivateNats(std::vector<std::string> extra_arguments)
    : port_(StablePort()),
      process_(Subprocess::Options{
          Arguments(port_, directory_.path(), extra_arguments), {}, directory_.File("nats.log")}) {
  Start();
}

void PrivateNats::Start() {
  process_.Start();
  const bool up = WaitUntil([this] {
    try {
      return !Api("INFO").empty();
    } catch (const std::runtime_error&) {
      if (!process_.running()) throw;
      return false;
    }
  });
  if (!up) throw std::runtime_error("nats-server does not answer: " + process_.Output());
}

int64_t PrivateNats::Messages(const std::string& stream) const {
  const Client client(url());
  jsStreamInfo* info = nullptr;
  const natsStatus status =
      js_GetStreamInfo(&info, client.js.get(), stream.c_str(), nullptr, nullptr);
  const StreamInfoHandle owner(info);
  if (status == NATS_NOT_FOUND) return -1;
  Check(status, stream);
  return static_cast<int64_t>(info->State.Msgs);
}

std::vector<std::string> PrivateNats::Bodies(const std::string& stream) const {
  const Client client(url());
  jsStreamInfo* info = nullptr;
  Check(js_GetStreamInfo(&info, client.js.get(), stream.c_str(), nullptr, nullptr), stream);
  const StreamInfoHandle owner(info);
  std::vector<std::string> bodies;
  if (info->State.Msgs == 0) return bodies;
  for (uint64_t seq = info->State.FirstSeq; seq <= info->State.LastSeq; ++seq) {
    natsMsg* message = nullptr;
    const natsStatus status =
        js_GetMsg(&message, client.js.get(), stream.c_str(), seq, nullptr, nullptr);
    const MessageHandle holder(message);
    if (status == NATS_NOT_FOUND) continue;
    Check(status, stream);
    bodies.emplace_back(natsMsg_GetData(message), natsMsg_GetDataLength(message));
  }
  return bodies;
}

int64_t PrivateNats::AckPending(const std::string& stream, const std::string& consumer) const {
  const Client client(url());
  jsConsumerInfo* info = nullptr;
  const natsStatus status = js_GetConsumerInfo(&info, client.js.get(), stream.c_str(),
                                               consumer.c_str(), nullptr, nullptr);
  const ConsumerInfoHandle owner(info);
  if (status == NATS_NOT_FOUND) return -1;
  Check(status, consumer);
  return info->NumAckPending;
}

void PrivateNats::DeleteStream(const std::string& stream) const {
  const Client client(url());
  const natsStatus status = js_DeleteStream(client.js.get(), stream.c_str(), nullptr, nullptr);
  if (status != NATS_NOT_FOUND) Check(status, stream);
}

void PrivateNats::Publish(const std::string& subject, const std::string& data) const {
  const Client client(url());
  Check(js_Publish(nullptr, client.js.get(), subject.c_str(), data.data(),
                   static_cast<int>(data.size()), nullptr, nullptr),
        subject);
}

std::string PrivateNats::Api(const std::string& call, const std::string& request) const {
  const Client client(url());
  natsMsg* reply = nullptr;
  Check(natsConnection_Request(&reply, client.connection.get(), ("$JS.API." + call).c_str(),
                               request.data(), static_cast<int>(request.size()), kPatienceMs),
        call);
  const MessageHandle owner(reply);
  return {natsMsg_GetData(reply), static_cast<size_t>(natsMsg_GetDataLength(reply))};
}

}  // namespace trellis::nats::testing
