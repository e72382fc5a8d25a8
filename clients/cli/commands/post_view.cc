#include "clients/cli/commands/post_view.h"

#include <cstdio>

#include "clients/cli/commands/time_stamp.h"

namespace trellis::cli {
namespace {

namespace v1 = post::v1;

bool IsEdited(const v1::Post& post) {
  return TimeOf(post.updated_at()) != TimeOf(post.created_at());
}

std::string Share(int64_t part, int64_t rest) {
  if (part + rest == 0) return "none asked for";
  char text[64];
  std::snprintf(text, sizeof(text), "%lld of %lld (%.1f %%)", static_cast<long long>(part),
                static_cast<long long>(part + rest),
                100.0 * static_cast<double>(part) / static_cast<double>(part + rest));
  return text;
}

}  // namespace

std::string RenderUser(const v1::User& user, base::WallTime now) {
  return RenderFields({{"id", std::to_string(user.id())},
                       {"username", user.username()},
                       {"email", user.email()},
                       {"created", StampInWords(TimeOf(user.created_at()), now)},
                       {"generation", std::to_string(user.generation())}});
}

std::string RenderPost(const v1::Post& post, base::WallTime now) {
  std::vector<std::pair<std::string, std::string>> fields{
      {"id", std::to_string(post.id())},
      {"user", std::to_string(post.user_id())},
      {"created", StampInWords(TimeOf(post.created_at()), now)}};
  if (IsEdited(post)) {
    fields.emplace_back("updated", StampInWords(TimeOf(post.updated_at()), now));
  }
  fields.emplace_back("generation", std::to_string(post.generation()));
  fields.emplace_back("content", post.content());
  return RenderFields(fields);
}

std::string RenderCacheStats(const v1::CacheStats& stats) {
  // A page of the process' own cache never gets to the lists.
  return RenderFields(
      {{"own pages", Share(stats.local_hits(), stats.list_hits() + stats.list_misses())},
       {"lists", Share(stats.list_hits(), stats.list_misses())},
       {"posts", Share(stats.object_hits(), stats.object_misses())},
       {"bypassed", std::to_string(stats.bypassed())},
       {"audited", std::to_string(stats.audited())},
       {"mismatches", std::to_string(stats.mismatches())}});
}

Table ShardTable(const v1::ListShardsResponse& shards) {
  Table table({{"NODE"}, {"ROLE"}, {"SLOTS"}, {"STATE"}});
  for (const v1::ClusterNode& node : shards.nodes()) {
    std::string slots;
    for (const v1::SlotSpan& span : node.slots()) {
      slots += (slots.empty() ? "" : " ") + std::to_string(span.first());
      if (span.last() != span.first()) slots += "-" + std::to_string(span.last());
    }
    const bool master = node.role() == v1::ClusterNode::MASTER;
    std::string state = "not asked";
    if (node.health() == v1::ClusterNode::CONNECTED) state = "connected";
    if (node.health() == v1::ClusterNode::AWAY) state = "away: " + node.reason();
    table.Add({node.address(), master ? "master" : "replica of " + node.master(), slots, state});
  }
  return table;
}

Table PostTable(const google::protobuf::RepeatedPtrField<v1::Post>& posts, base::WallTime now) {
  Table table({{"ID", true}, {"USER", true}, {"AGE", true}, {"EDITED", true}, {"CONTENT"}});
  for (const v1::Post& post : posts) {
    table.Add({std::to_string(post.id()), std::to_string(post.user_id()),
               Between(TimeOf(post.created_at()), now),
               IsEdited(post) ? Between(TimeOf(post.updated_at()), now) : "-", post.content()});
  }
  return table;
}

}  // namespace trellis::cli
