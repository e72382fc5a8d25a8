#include "mesh/nats/impl/ensure.h"

#include <set>
#include <string>

#include "mesh/nats/impl/handles.h"

namespace trellis::nats {

using absl::StatusCode;

namespace {

constexpr int64_t kNanosPerMilli = 1'000'000;

int64_t Nanos(base::milliseconds duration) { return duration.count() * kNanosPerMilli; }

absl::Status CallError(natsStatus status, jsErrCode code, const std::string& what) {
  if (status == NATS_OK) return absl::OkStatus();
  std::string why = natsStatus_GetText(status);
  if (status == NATS_NO_RESPONDERS || code == JSNotEnabledErr ||
      code == JSNotEnabledForAccountErr) {
    why = "JetStream is not enabled";
  } else if (const char* const text = nats_GetLastError(nullptr); code != 0 && text != nullptr) {
    why = text;
  }
  return base::MakeStatus(StatusCode::kUnavailable, what + ": " + why);
}

absl::Status Unfit(const std::string& what, const char* why) {
  return base::MakeStatus(StatusCode::kFailedPrecondition,
                          what + " " + why + ", which cannot be changed: delete it or use another");
}

absl::Status UpdateStream(jsCtx* js, const Stream& stream, const jsStreamConfig& existing,
                          const std::string& what) {
  const auto retention =
      stream.retention == Retention::kWorkQueue ? js_WorkQueuePolicy : js_LimitsPolicy;
  if (existing.Storage != js_FileStorage) return Unfit(what, "is not kept in a file");
  if (existing.Retention != retention) return Unfit(what, "has another retention policy");
  const std::set<std::string> subjects(existing.Subjects, existing.Subjects + existing.SubjectsLen);
  if (existing.MaxAge == Nanos(stream.max_age) && existing.Discard == js_DiscardNew &&
      subjects == std::set<std::string>(stream.subjects.begin(), stream.subjects.end())) {
    return absl::OkStatus();
  }
  jsStreamConfig config = existing;
  std::vector<const char*> names;
  for (const std::string& subject : stream.subjects) names.push_back(subject.c_str());
  config.Subjects = names.data();
  config.SubjectsLen = static_cast<int>(names.size());
  config.MaxAge = Nanos(stream.max_age);
  config.Discard = js_DiscardNew;
  jsErrCode code{};
  return CallError(js_UpdateStream(nullptr, js, &config, nullptr, &code), code, what);
}

absl::Status AddStream(jsCtx* js, const Stream& stream, const std::string& what) {
  jsStreamConfig config;
  jsStreamConfig_Init(&config);
  config.Name = stream.name.c_str();
  std::vector<const char*> names;
  for (const std::string& subject : stream.subjects) names.push_back(subject.c_str());
  config.Subjects = names.data();
  config.SubjectsLen = static_cast<int>(names.size());
  config.Retention =
      stream.retention == Retention::kWorkQueue ? js_WorkQueuePolicy : js_LimitsPolicy;
  config.Storage = js_FileStorage;
  config.MaxAge = Nanos(stream.max_age);
  config.Discard = js_DiscardNew;
  jsErrCode code{};
  return CallError(js_AddStream(nullptr, js, &config, nullptr, &code), code, what);
}

absl::Status UpdateConsumer(jsCtx* js, const DurableConsumer& consumer,
                            const jsConsumerConfig& existing, const std::string& what) {
  const auto given = [](const char* text) { return text != nullptr && *text != '\0'; };
  if (given(existing.DeliverSubject)) return Unfit(what, "pushes");
  if (existing.AckPolicy != js_AckExplicit) return Unfit(what, "has another ack policy");
  if (given(existing.FilterSubject)) return Unfit(what, "sees a part of the stream only");
  if (existing.AckWait == Nanos(consumer.ack_wait) && existing.MaxDeliver <= 0 &&
      existing.MaxAckPending == consumer.max_ack_pending) {
    return absl::OkStatus();
  }
  jsConsumerConfig config = existing;
  config.AckWait = Nanos(consumer.ack_wait);
  config.MaxDeliver = -1;
  config.MaxAckPending = consumer.max_ack_pending;
  jsErrCode code{};
  return CallError(js_UpdateConsumer(nullptr, js, consumer.stream.c_str(), &config, nullptr, &code),
                   code, what);
}

absl::Status AddConsumer(jsCtx* js, const DurableConsumer& consumer, const std::string& what) {
  jsConsumerConfig config;
  jsConsumerConfig_Init(&config);
  config.Durable = consumer.name.c_str();
  config.DeliverPolicy = js_DeliverAll;
  config.AckPolicy = js_AckExplicit;
  config.AckWait = Nanos(consumer.ack_wait);
  config.MaxDeliver = -1;
  config.MaxAckPending = consumer.max_ack_pending;
  jsErrCode code{};
  return CallError(js_AddConsumer(nullptr, js, consumer.stream.c_str(), &config, nullptr, &code),
                   code, what);
}

}  // namespace

absl::Status EnsureStream(jsCtx* js, const Stream& stream) {
  const std::string what = "stream " + stream.name;
  jsStreamInfo* info = nullptr;
  jsErrCode code{};
  const natsStatus status = js_GetStreamInfo(&info, js, stream.name.c_str(), nullptr, &code);
  const StreamInfoHandle owner(info);
  if (status == NATS_NOT_FOUND) return AddStream(js, stream, what);
  if (status != NATS_OK) return CallError(status, code, what);
  return UpdateStream(js, stream, *info->Config, what);
}

absl::Status EnsureConsumer(jsCtx* js, const DurableConsumer& consumer) {
  const std::string what = "consumer " + consumer.name + " of stream " + consumer.stream;
  jsConsumerInfo* info = nullptr;
  jsErrCode code{};
  const natsStatus status =
      js_GetConsumerInfo(&info, js, consumer.stream.c_str(), consumer.name.c_str(), nullptr, &code);
  const ConsumerInfoHandle owner(info);
  if (status == NATS_NOT_FOUND) return AddConsumer(js, consumer, what);
  if (status != NATS_OK) return CallError(status, code, what);
  return UpdateConsumer(js, consumer, *info->Config, what);
}

}  // namespace trellis::nats
