#include "mesh/nats/impl/session.h"

#include <charconv>
#include <cstring>
#include <mutex>
#include <shared_mutex>
#include <vector>

#include "mesh/nats/impl/ensure.h"
#include "mesh/nats/impl/replies.h"

namespace trellis::nats {

using absl::StatusCode;
using base::milliseconds;

namespace {

constexpr int kBufferSize = 128 * 1024;
// An outstanding ping more than this and the server is lost.
constexpr int kMaxPingsOut = 2;

absl::Status Error(StatusCode code, const std::string& what, natsStatus status) {
  return base::MakeStatus(code, "nats: " + what + ": " + natsStatus_GetText(status));
}

absl::Status SendError(natsStatus status, const std::string& subject) {
  switch (status) {
    case NATS_OK:
      return absl::OkStatus();
    case NATS_INVALID_SUBJECT:
    case NATS_INVALID_ARG:
    case NATS_MAX_PAYLOAD:
      return Error(StatusCode::kInvalidArgument, "message for " + subject, status);
    default:
      return Error(StatusCode::kUnavailable, "sending", status);
  }
}

std::string_view WithoutUser(std::string_view url) {
  if (const size_t scheme = url.find("//"); scheme != url.npos) url.remove_prefix(scheme + 2);
  if (const size_t at = url.rfind('@'); at != url.npos) url.remove_prefix(at + 1);
  return url;
}

std::string HeaderOf(natsMsg* message, const char* name) {
  const char* value = nullptr;
  return natsMsgHeader_Get(message, name, &value) == NATS_OK && value != nullptr ? value : "";
}

std::string DataOf(const natsMsg* message) {
  return {natsMsg_GetData(message), static_cast<size_t>(natsMsg_GetDataLength(message))};
}

// libnats prints what it is not asked for.
void IgnoreError(natsConnection* /*nc*/, natsSubscription* /*sub*/, natsStatus /*err*/,
                 void* /*closure*/) {}

}  // namespace

// What libnats' callbacks hold. Each subscription has a reference on the heap, which its completion
// takes away: libnats may call for a while after the session has ended.
struct Session::Relay {
  Relay(uint64_t session, SessionEvents& to) : id(session), events(&to) {}

  template <typename Do>
  void Tell(Do tell) {
    const std::shared_lock lock(mutex);
    if (events != nullptr) tell(*events);
  }
  void Detach() {
    const std::unique_lock lock(mutex);
    events = nullptr;
  }
  static Relay& Of(void* closure) { return **static_cast<std::shared_ptr<Relay>*>(closure); }

  static void OnConfirm(natsConnection* /*nc*/, natsSubscription* /*sub*/, natsMsg* message,
                        void* closure) {
    const MessageHandle owner(message);
    const std::string_view subject = natsMsg_GetSubject(message);
    uint64_t token = 0;
    std::from_chars(subject.data() + subject.rfind('.') + 1, subject.data() + subject.size(),
                    token);
    const bool gone = natsMsg_IsNoResponders(message);
    absl::Status status =
        gone ? base::MakeStatus(StatusCode::kUnavailable, "nats: no stream takes the subject")
             : ParsePubAck(
                   {natsMsg_GetData(message), static_cast<size_t>(natsMsg_GetDataLength(message))});
    Relay& relay = Of(closure);
    relay.Tell([&](SessionEvents& to) {
      to.OnPubAck(token, std::move(status));
      if (gone) to.OnGone(relay.id, "no stream takes what is published");
    });
  }

  static void OnMessage(natsConnection* /*nc*/, natsSubscription* /*sub*/, natsMsg* message,
                        void* closure) {
    const MessageHandle owner(message);
    Relay& relay = Of(closure);
    if (const char* const reply = natsMsg_GetReply(message); reply != nullptr && *reply != '\0') {
      relay.Tell([&](SessionEvents& to) { to.OnDelivery(relay.id, reply, DataOf(message)); });
    } else {
      relay.OnPullStatus(message);
    }
  }

  // A request has ended; the reasons are those of nats-io's ADR-13.
  void OnPullStatus(natsMsg* message) {
    const std::string status = HeaderOf(message, "Status");
    const std::string pending = HeaderOf(message, "Nats-Pending-Messages");
    int missing = 1 << 20;  // all
    if (!pending.empty()) missing = std::atoi(pending.c_str());
    const bool expired = status == "408" || status == "404" || status == "100";
    Tell([&](SessionEvents& to) {
      if (status != "100") to.OnPullEnded(id, missing);
      if (!expired) to.OnGone(id, "the consumer cannot be asked: " + Reason(message, status));
    });
  }
  static std::string Reason(natsMsg* message, const std::string& status) {
    const std::string description = HeaderOf(message, "Description");
    return description.empty() ? "status " + status : description;
  }

  static void OnConfirmsEnd(void* closure) {
    Relay& relay = Of(closure);
    relay.Tell([&](SessionEvents& to) { to.OnClosed(relay.id); });
    delete static_cast<std::shared_ptr<Relay>*>(closure);
  }
  static void OnMessagesEnd(void* closure) {
    Relay& relay = Of(closure);
    relay.Tell([&](SessionEvents& to) { to.OnDrained(relay.id); });
    delete static_cast<std::shared_ptr<Relay>*>(closure);
  }

  const uint64_t id;
  std::shared_mutex mutex;
  SessionEvents* events;  // guarded by mutex; null once the session has ended
};

Session::Session(const ConnectionOptions& options, uint64_t id, bool pulls, SessionEvents& events)
    : options_(options),
      id_(id),
      pulls_(pulls && options.consumer),
      relay_(std::make_shared<Relay>(id, events)) {}

Session::~Session() { relay_->Detach(); }

absl::Status Session::Start() {
  absl::Status status = Connect();
  if (status.ok()) status = Ensure();
  if (!status.ok()) return status;
  natsInbox* inbox = nullptr;
  if (const natsStatus made = natsInbox_Create(&inbox); made != NATS_OK) {
    return Error(StatusCode::kUnavailable, "inbox", made);
  }
  inbox_ = inbox;
  natsInbox_Destroy(inbox);
  status = Subscribe(inbox_ + ".p.*", &Relay::OnConfirm, &Relay::OnConfirmsEnd, &confirms_);
  if (!status.ok() || !pulls_) return status;
  pull_subject_ =
      "$JS.API.CONSUMER.MSG.NEXT." + options_.consumer->stream + "." + options_.consumer->name;
  return Subscribe(inbox_ + ".d", &Relay::OnMessage, &Relay::OnMessagesEnd, &messages_);
}

absl::Status Session::Connect() {
  natsOptions* made = nullptr;
  natsStatus status = natsOptions_Create(&made);
  const OptionsHandle options(made);
  std::vector<const char*> servers;
  for (const std::string& server : options_.servers) servers.push_back(server.c_str());
  const auto set = [&](natsStatus next) {
    if (status == NATS_OK) status = next;
  };
  set(natsOptions_SetServers(made, servers.data(), static_cast<int>(servers.size())));
  set(natsOptions_SetName(made, options_.name.c_str()));
  set(natsOptions_SetAllowReconnect(made, false));
  set(natsOptions_SetTimeout(made, options_.connect_timeout.count()));
  set(natsOptions_SetWriteDeadline(made, options_.call_timeout.count()));
  set(natsOptions_SetPingInterval(made, options_.ping_interval.count()));
  set(natsOptions_SetMaxPingsOut(made, kMaxPingsOut));
  set(natsOptions_SetIOBufSize(made, kBufferSize));
  set(natsOptions_SetErrorHandler(made, IgnoreError, nullptr));
  if (status != NATS_OK) return Error(StatusCode::kInvalidArgument, "options", status);
  natsConnection* connection = nullptr;
  status = natsConnection_Connect(&connection, made);
  connection_.reset(connection);
  if (status == NATS_OK) return absl::OkStatus();
  std::string what = "cannot connect to";
  for (const std::string& server : options_.servers) {
    what += " ";
    what += WithoutUser(server);
  }
  return Error(StatusCode::kUnavailable, what, status);
}

absl::Status Session::Ensure() {
  jsOptions options;
  jsOptions_Init(&options);
  options.Wait = options_.call_timeout.count();
  jsCtx* js = nullptr;
  if (const natsStatus made = natsConnection_JetStream(&js, connection_.get(), &options);
      made != NATS_OK) {
    return Error(StatusCode::kUnavailable, "JetStream", made);
  }
  js_.reset(js);
  absl::Status status = absl::OkStatus();
  for (const Stream& stream : options_.streams) {
    if (status.ok()) status = EnsureStream(js, stream);
  }
  if (status.ok() && options_.consumer) status = EnsureConsumer(js, *options_.consumer);
  if (status.ok()) return status;
  return base::MakeStatus(status.code(), "nats: " + base::MessageOf(status));
}

absl::Status Session::Subscribe(const std::string& subject, natsMsgHandler handler,
                                natsOnCompleteCB completed, SubscriptionHandle* handle) {
  auto closure = std::make_unique<std::shared_ptr<Relay>>(relay_);
  natsSubscription* subscription = nullptr;
  natsStatus status = natsConnection_Subscribe(&subscription, connection_.get(), subject.c_str(),
                                               handler, closure.get());
  if (status != NATS_OK) return Error(StatusCode::kUnavailable, "subscribing", status);
  handle->reset(subscription);
  auto* const leaked = closure.release();
  // More than were asked for never come, so nothing needs to be dropped.
  status = natsSubscription_SetPendingLimits(subscription, -1, -1);
  if (status == NATS_OK) {
    status = natsSubscription_SetOnCompleteCB(subscription, completed, leaked);
  }
  // It is closed already, and nobody says when its thread ends: the few bytes stay.
  if (status != NATS_OK) return Error(StatusCode::kUnavailable, "subscribing", status);
  return absl::OkStatus();
}

std::string Session::server() const {
  char url[512] = "";
  natsConnection_GetConnectedUrl(connection_.get(), url, sizeof(url));
  return std::string(WithoutUser(url));
}

std::string Session::LastError() const {
  const char* text = nullptr;
  const natsStatus status = natsConnection_GetLastError(connection_.get(), &text);
  if (status == NATS_OK) return "the server closed the connection";
  return text != nullptr && *text != '\0' ? text : natsStatus_GetText(status);
}

absl::Status Session::Publish(const Message& message, uint64_t token) {
  const std::string reply = inbox_ + ".p." + std::to_string(token);
  const int size = static_cast<int>(message.data.size());
  if (message.id.empty()) {
    return SendError(natsConnection_PublishRequest(connection_.get(), message.subject.c_str(),
                                                   reply.c_str(), message.data.data(), size),
                     message.subject);
  }
  natsMsg* made = nullptr;
  natsStatus status =
      natsMsg_Create(&made, message.subject.c_str(), reply.c_str(), message.data.data(), size);
  const MessageHandle owner(made);
  if (status == NATS_OK) status = natsMsgHeader_Set(made, "Nats-Msg-Id", message.id.c_str());
  if (status == NATS_OK) status = natsConnection_PublishMsg(connection_.get(), made);
  return SendError(status, message.subject);
}

absl::Status Session::Send(const std::string& subject, std::string_view data) {
  return SendError(natsConnection_Publish(connection_.get(), subject.c_str(), data.data(),
                                          static_cast<int>(data.size())),
                   subject);
}

absl::Status Session::Pull(int count, milliseconds expires) {
  const std::string reply = inbox_ + ".d";
  const std::string request =
      "{\"expires\":" + std::to_string(std::chrono::nanoseconds(expires).count()) +
      ",\"batch\":" + std::to_string(count) + "}";
  return SendError(
      natsConnection_PublishRequest(connection_.get(), pull_subject_.c_str(), reply.c_str(),
                                    request.data(), static_cast<int>(request.size())),
      pull_subject_);
}

void Session::StopPulling() { natsSubscription_Drain(messages_.get()); }

void Session::ForgetPulls(milliseconds patience) {
  jsOptions options;
  jsOptions_Init(&options);
  options.Wait = patience.count();
  jsConsumerInfo* info = nullptr;
  // To tell how many requests wait, it looks for those behind which nobody is.
  js_GetConsumerInfo(&info, js_.get(), options_.consumer->stream.c_str(),
                     options_.consumer->name.c_str(), &options, nullptr);
  const ConsumerInfoHandle owner(info);
}

void Session::Flush(base::Deadline deadline) {
  const milliseconds left = std::min(deadline.Remaining(), options_.call_timeout);
  if (left.count() > 0) natsConnection_FlushTimeout(connection_.get(), left.count());
}

}  // namespace trellis::nats
