// post ls and feed: the posts of a user and of many, a page or all of them.

#include <algorithm>
#include <ostream>

#include "clients/cli/cli.h"
#include "clients/cli/commands/post.h"
#include "clients/cli/commands/post_view.h"

namespace trellis::cli {
namespace {

namespace v1 = post::v1;

constexpr int kMostPerPage = 100;  // of post.proto

using Page = absl::StatusOr<v1::ListPostsResponse>;

// Prints posts from --cursor on until --limit, or all with --all. A page is printed before the next
// one is asked for, so that all of many take no memory.
template <typename Request, typename Fetch>
ExitCode PrintPages(Request request, const Arguments& arguments, Context& context, Fetch fetch) {
  Terminal& terminal = context.terminal;
  const bool all = arguments.On("all");
  if (all && arguments.Given("limit")) {
    return UsageError(arguments.command(), "--limit does not go with --all", terminal);
  }
  int left = all ? kMostPerPage : arguments.Number("limit");
  int printed = 0;
  bool more = true;
  request.set_cursor(arguments.Text("cursor"));
  while (more && left > 0) {
    request.set_limit(std::min(kMostPerPage, left));
    const Page page = fetch(request);
    if (!page.ok()) return ReportFailure(page.status(), arguments, terminal);
    if (arguments.On("json")) {
      PrintJson(*page, terminal);
    } else if (page->data_size() > 0) {
      const Table table = PostTable(page->data(), context.clock.WallNow());
      terminal.out << (printed == 0 ? table.Render(terminal) : table.RenderRows(terminal))
                   << std::flush;
    }
    printed += page->data_size();
    if (!all) left -= page->data_size();
    more = page->has_more() && page->data_size() > 0;
    request.set_cursor(page->next_cursor());
  }
  if (printed == 0 && !arguments.On("json")) terminal.Say("no posts");
  if (more && !arguments.On("json")) {
    terminal.Hint("There are more: --cursor " + request.cursor() + " goes on, --all shows all.");
  }
  return ExitCode::kOk;
}

ExitCode List(const Arguments& arguments, Context& context) {
  v1::ListUserPostsRequest request;
  const std::optional<int64_t> user = NumberAt(arguments, 0, 1, kMostId, context.terminal);
  const std::optional<int64_t> generation = MinGeneration(arguments, context.terminal);
  if (!user || !generation) return ExitCode::kUsage;
  request.set_user_id(*user);
  request.set_min_generation(*generation);
  PostClient client(ClientOptions(arguments));
  return PrintPages(request, arguments, context, [&client](const v1::ListUserPostsRequest& next) {
    return client.Call(&PostClient::Stub::ListUserPosts, next);
  });
}

ExitCode Feed(const Arguments& arguments, Context& context) {
  v1::GetFeedRequest request;
  for (size_t i = 0; i < arguments.positionals().size(); ++i) {
    const std::optional<int64_t> user = NumberAt(arguments, i, 1, kMostId, context.terminal);
    if (!user) return ExitCode::kUsage;
    request.add_user_ids(*user);
  }
  PostClient client(ClientOptions(arguments));
  return PrintPages(request, arguments, context, [&client](const v1::GetFeedRequest& next) {
    return client.Call(&PostClient::Stub::GetFeed, next);
  });
}

std::vector<Flag> PageFlags(std::vector<Flag> own = {}) {
  std::vector<Flag> flags{{.name = "limit",
                           .kind = FlagKind::kNumber,
                           .value = "N",
                           .help = "How many, 1 to 10000",
                           .default_value = "50",
                           .min = 1,
                           .max = 10'000},
                          {.name = "cursor",
                           .kind = FlagKind::kText,
                           .value = "CURSOR",
                           .help = "Go on after a page: its next cursor"},
                          {.name = "all", .help = "To the last one"}};
  for (Flag& flag : own) flags.push_back(std::move(flag));
  return PostFlags(std::move(flags));
}

constexpr char kNotes[] =
    "Pages are stable while posts come and go: none comes twice, and none is missing that was\n"
    "there throughout. --json prints a page to a line.";

}  // namespace

Command PostListCommand() {
  return {.name = "post ls",
          .summary = "Lists a user's posts, the newest first",
          .examples = {{"post ls 1"},
                       {"post ls 1 --limit 3"},
                       {"post ls 1 --all --json | jq -r '.data[].id'"}},
          .positionals = {{.name = "USER", .help = "The user's id"}},
          .flags = PageFlags({MinGenerationFlag()}),
          .notes = kNotes,
          .run = List};
}

Command PostFeedCommand() {
  return {.name = "post feed",
          .summary = "Lists the posts of many users, the newest first",
          .examples = {{"post feed 1 2 3"}, {"post feed 1 2 3 --limit 10"}},
          .positionals = {{.name = "USER", .help = "Ids of 1 to 100 users", .repeated = true}},
          .flags = PageFlags(),
          .notes = kNotes,
          .run = Feed};
}

}  // namespace trellis::cli
