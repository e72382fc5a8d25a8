// post hot, cache and shards: who is read most, what the caches did for it, and where it is kept.

#include <ostream>

#include "clients/cli/cli.h"
#include "clients/cli/commands/post.h"
#include "clients/cli/commands/post_view.h"

namespace trellis::cli {
namespace {

namespace v1 = post::v1;

ExitCode Hot(const Arguments& arguments, Context& context) {
  Terminal& terminal = context.terminal;
  PostClient client(ClientOptions(arguments));
  v1::ListHotUsersRequest request;
  request.set_limit(arguments.Number("limit"));
  const auto response = client.Call(&PostClient::Stub::ListHotUsers, request);
  if (!response.ok()) return ReportFailure(response.status(), arguments, terminal);
  if (arguments.On("json")) {
    PrintJson(*response, terminal);
    return ExitCode::kOk;
  }
  if (response->users().empty()) {
    terminal.Say("nobody's posts were read of late");
    return ExitCode::kOk;
  }
  Table table({{"USER", true}, {"READS", true}});
  for (const v1::HotUser& user : response->users()) {
    table.Add({std::to_string(user.user_id()), std::to_string(user.reads())});
  }
  terminal.out << table.Render(terminal) << std::flush;
  return ExitCode::kOk;
}

ExitCode Cache(const Arguments& arguments, Context& context) {
  Terminal& terminal = context.terminal;
  PostClient client(ClientOptions(arguments));
  const auto stats = client.Call(&PostClient::Stub::GetCacheStats, v1::GetCacheStatsRequest());
  if (!stats.ok()) return ReportFailure(stats.status(), arguments, terminal);
  if (arguments.On("json")) {
    PrintJson(*stats, terminal);
  } else {
    terminal.out << RenderCacheStats(*stats) << std::flush;
  }
  if (stats->mismatches() > 0) {
    terminal.Hint("A mismatch is an answer that was older than a write; see docs/post.md.");
  }
  return ExitCode::kOk;
}

ExitCode Shards(const Arguments& arguments, Context& context) {
  Terminal& terminal = context.terminal;
  PostClient client(ClientOptions(arguments));
  const auto shards = client.Call(&PostClient::Stub::ListShards, v1::ListShardsRequest());
  if (!shards.ok()) return ReportFailure(shards.status(), arguments, terminal);
  if (arguments.On("json")) {
    PrintJson(*shards, terminal);
  } else if (shards->nodes().empty()) {
    terminal.Say("no node of the Redis Cluster was reached yet");
  } else {
    terminal.out << ShardTable(*shards).Render(terminal) << std::flush;
  }
  return ExitCode::kOk;
}

constexpr char kNotes[] = "Of the instance that answers, since it started: each has its own.";

}  // namespace

Command PostHotCommand() {
  return {.name = "post hot",
          .summary = "Shows the users whose posts are read most",
          .examples = {{"post hot"}, {"post hot --limit 100 --json"}},
          .flags = PostFlags({{.name = "limit",
                               .kind = FlagKind::kNumber,
                               .value = "N",
                               .help = "How many, 1 to 100",
                               .default_value = "10",
                               .min = 1,
                               .max = 100}}),
          .notes = kNotes,
          .run = Hot};
}

Command PostCacheCommand() {
  return {.name = "post cache",
          .summary = "Shows how much the caches answered, and what the auditor found",
          .examples = {{"post cache"}, {"post cache --json | jq .mismatches"}},
          .flags = PostFlags(),
          .notes = kNotes,
          .run = Cache};
}

Command PostShardsCommand() {
  return {.name = "post shards",
          .summary = "Shows which node of the Redis Cluster has which slots",
          .examples = {{"post shards"}, {"post shards --json | jq -r '.nodes[].address'"}},
          .flags = PostFlags(),
          .notes = "As the instance that answers knows it. Replicas are asked for nothing.",
          .run = Shards};
}

}  // namespace trellis::cli
