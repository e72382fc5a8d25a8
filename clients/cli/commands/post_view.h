#ifndef CLIENTS_CLI_COMMANDS_POST_VIEW_H_
#define CLIENTS_CLI_COMMANDS_POST_VIEW_H_

#include <string>

#include "clients/cli/table.h"
#include "mesh/base/clock.h"
#include "trellis/post/v1/post.pb.h"

// How users, posts and caches look to people. Pure functions.
namespace trellis::cli {

// As lines of "name  value".
[[nodiscard]] std::string RenderUser(const post::v1::User& user, base::WallTime now);
[[nodiscard]] std::string RenderPost(const post::v1::Post& post, base::WallTime now);
[[nodiscard]] std::string RenderCacheStats(const post::v1::CacheStats& stats);

[[nodiscard]] Table ShardTable(const post::v1::ListShardsResponse& shards);
[[nodiscard]] Table PostTable(const google::protobuf::RepeatedPtrField<post::v1::Post>& posts,
                              base::WallTime now);

}  // namespace trellis::cli

#endif  // CLIENTS_CLI_COMMANDS_POST_VIEW_H_
