#include "mesh/redis/reply.h"

#include <hiredis/hiredis.h>

#include <charconv>
#include <utility>

#include "mesh/redis/impl/reply_objects.h"

namespace trellis::redis {

bool ReplyView::IsNil() const { return reply_ == nullptr || reply_->type == REDIS_REPLY_NIL; }

bool ReplyView::IsError() const { return reply_ != nullptr && reply_->type == REDIS_REPLY_ERROR; }

int64_t ReplyView::Integer() const {
  if (reply_ == nullptr) return 0;
  if (reply_->type == REDIS_REPLY_INTEGER) return reply_->integer;
  const std::string_view text = Text();
  int64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

std::string_view ReplyView::Text() const {
  if (reply_ == nullptr || reply_->str == nullptr) return {};
  return {reply_->str, reply_->len};
}

size_t ReplyView::size() const {
  return reply_ != nullptr && reply_->type == REDIS_REPLY_ARRAY ? reply_->elements : 0;
}

ReplyView ReplyView::operator[](size_t i) const {
  return ReplyView(i < size() ? reply_->element[i] : nullptr);
}

Reply Reply::Take(size_t i) {
  return Reply(i < size() ? std::exchange(owned_->element[i], nullptr) : nullptr);
}

void Reply::Free::operator()(redisReply* reply) const { impl::FreeReply(reply); }

absl::StatusOr<Reply> Reply::FromResp(std::string_view bytes) {
  const impl::ReaderPtr reader = impl::MakeReader();
  void* reply = nullptr;
  redisReaderFeed(reader.get(), bytes.data(), bytes.size());
  if (redisReaderGetReply(reader.get(), &reply) != REDIS_OK || reply == nullptr) {
    return base::MakeStatus(absl::StatusCode::kInvalidArgument, "not one whole RESP value");
  }
  Reply whole(static_cast<redisReply*>(reply));
  if (reader->pos != reader->len) {
    return base::MakeStatus(absl::StatusCode::kInvalidArgument, "more than one RESP value");
  }
  return whole;
}

absl::Status StatusFromError(std::string_view error) {
  const std::string_view kind = error.substr(0, error.find(' '));
  absl::StatusCode code = absl::StatusCode::kInternal;
  for (const std::string_view passing : {"LOADING", "CLUSTERDOWN", "MASTERDOWN", "READONLY",
                                         "NOREPLICAS", "TRYAGAIN", "BUSY", "MISCONF"}) {
    if (kind == passing) code = absl::StatusCode::kUnavailable;
  }
  if (kind == "OOM") code = absl::StatusCode::kResourceExhausted;
  if (kind == "NOAUTH" || kind == "WRONGPASS") code = absl::StatusCode::kUnauthenticated;
  if (kind == "NOPERM") code = absl::StatusCode::kPermissionDenied;
  if (kind == "NOSCRIPT") code = absl::StatusCode::kNotFound;
  return base::MakeStatus(code, "redis: " + std::string(error));
}

}  // namespace trellis::redis
