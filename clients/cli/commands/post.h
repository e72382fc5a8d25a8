#ifndef CLIENTS_CLI_COMMANDS_POST_H_
#define CLIENTS_CLI_COMMANDS_POST_H_

#include <limits>

#include "clients/cli/command.h"
#include "clients/cli/service_command.h"
#include "trellis/post/v1/post.grpc.pb.h"

// The parts of `trellis post` and `trellis user`, put together in post.cc and user.cc.
namespace trellis::cli {

using PostClient = client::Client<post::v1::PostService>;

inline constexpr int64_t kMostId = std::numeric_limits<int64_t>::max();

[[nodiscard]] Command PostListCommand();
[[nodiscard]] Command PostFeedCommand();
[[nodiscard]] Command PostHotCommand();
[[nodiscard]] Command PostCacheCommand();
[[nodiscard]] Command PostShardsCommand();

// The flags that all of them have, after their own.
[[nodiscard]] std::vector<Flag> PostFlags(std::vector<Flag> own = {});

// --min-generation, for reads: read with MinGeneration, which says what is wrong with it.
[[nodiscard]] Flag MinGenerationFlag();
[[nodiscard]] std::optional<int64_t> MinGeneration(const Arguments& arguments, Terminal& terminal);

}  // namespace trellis::cli

#endif  // CLIENTS_CLI_COMMANDS_POST_H_
