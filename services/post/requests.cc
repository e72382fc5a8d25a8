#include "services/post/requests.h"

#include <algorithm>

#include "mesh/base/characters.h"
#include "services/post/wire.h"

namespace trellis::post {
namespace {

bool IsNameCharacter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
         c == '_' || c == '-';
}

bool IsEmail(std::string_view text) {
  const size_t at = text.find('@');
  const bool blank = std::any_of(text.begin(), text.end(),
                                 [](char c) { return static_cast<unsigned char>(c) <= ' '; });
  return !blank && text.size() <= 254 && at != text.npos && at > 0 && at + 1 < text.size() &&
         text.find('@', at + 1) == text.npos;
}

absl::StatusOr<int> LimitFrom(int32_t limit) {
  if (limit == 0) return kDefaultPageSize;
  if (limit < 1 || limit > kMaxPageSize) return base::InvalidField("limit", "must be 1 to 100");
  return limit;
}

absl::StatusOr<std::optional<int64_t>> BeforeFrom(const std::string& cursor) {
  if (cursor.empty()) return std::nullopt;
  const std::optional<int64_t> id = IdOfCursor(cursor);
  if (!id) return base::InvalidField("cursor", "must be the next_cursor of an answer");
  return id;
}

}  // namespace

absl::Status CheckUser(const v1::CreateUserRequest& request) {
  const std::string& name = request.username();
  if (name.empty() || name.size() > 64 || !std::all_of(name.begin(), name.end(), IsNameCharacter)) {
    return base::InvalidField("username", "must be 1-64 of A-Z a-z 0-9 . _ -");
  }
  if (!IsEmail(request.email())) {
    return base::InvalidField("email", "must have one @ within, no blanks, and 254 bytes at most");
  }
  return absl::OkStatus();
}

absl::Status CheckContent(const std::string& content) {
  if (content.find_first_not_of(" \t\r\n") == std::string::npos) {
    return base::InvalidField("content", "must not be empty");
  }
  if (base::CountCharacters(content) > kMostContentCharacters) {
    return base::InvalidField("content", "must not be longer than 10,000 characters");
  }
  if (content.find('\0') != std::string::npos) {
    return base::InvalidField("content", "must not hold a NUL character");
  }
  return absl::OkStatus();
}

absl::Status CheckId(std::string_view field, int64_t id) {
  if (id < 1) return base::InvalidField(field, "must be a positive number");
  return absl::OkStatus();
}

absl::StatusOr<PageKey> PageKeyFrom(const v1::ListUserPostsRequest& request) {
  if (absl::Status id = CheckId("user_id", request.user_id()); !id.ok()) return id;
  const auto limit = LimitFrom(request.limit());
  if (!limit.ok()) return limit.status();
  const auto before = BeforeFrom(request.cursor());
  if (!before.ok()) return before.status();
  if (request.offset() < 0 || request.offset() > kMostOffset) {
    return base::InvalidField("offset", "must be 0 to 1,000,000; go deeper by cursor");
  }
  if (request.offset() > 0 && *before) {
    return base::InvalidField("offset", "does not go together with a cursor");
  }
  if (request.min_generation() < 0) {
    return base::InvalidField("min_generation", "must not be negative");
  }
  return PageKey{request.user_id(), *limit, *before, request.offset()};
}

absl::StatusOr<FeedQuery> FeedQueryFrom(const v1::GetFeedRequest& request) {
  FeedQuery query;
  if (request.user_ids().empty() || request.user_ids_size() > kMostFeedUsers) {
    return base::InvalidField("user_ids", "must be 1 to 100 users");
  }
  for (const int64_t id : request.user_ids()) {
    if (absl::Status status = CheckId("user_ids", id); !status.ok()) return status;
    query.user_ids.push_back(id);
  }
  const auto limit = LimitFrom(request.limit());
  if (!limit.ok()) return limit.status();
  query.limit = *limit;
  const auto before = BeforeFrom(request.cursor());
  if (!before.ok()) return before.status();
  query.before_id = *before;
  return query;
}

v1::User ToMessage(const User& user) {
  v1::User message;
  message.set_id(user.id);
  message.set_username(user.username);
  message.set_email(user.email);
  SetTime(user.created_at, message.mutable_created_at());
  message.set_generation(user.generation);
  return message;
}

v1::ClusterNode ToMessage(const redis::ClusterNode& node) {
  v1::ClusterNode message;
  message.set_address(node.address);
  message.set_role(node.master.empty() ? v1::ClusterNode::MASTER : v1::ClusterNode::REPLICA);
  switch (node.health) {
    case redis::NodeHealth::kConnected:
      message.set_health(v1::ClusterNode::CONNECTED);
      break;
    case redis::NodeHealth::kAway:
      message.set_health(v1::ClusterNode::AWAY);
      break;
    case redis::NodeHealth::kNotAsked:
      message.set_health(v1::ClusterNode::NOT_ASKED);
      break;
  }
  message.set_reason(node.reason);
  message.set_master(node.master);
  for (const redis::SlotSpan& span : node.slots) {
    v1::SlotSpan& added = *message.add_slots();
    added.set_first(span.first);
    added.set_last(span.last);
  }
  return message;
}

}  // namespace trellis::post
