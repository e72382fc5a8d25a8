// post create, get, update and rm: one post.

#include "clients/cli/commands/post.h"

#include <charconv>
#include <ostream>

#include "clients/cli/cli.h"
#include "clients/cli/commands/commands.h"
#include "clients/cli/commands/post_view.h"

namespace trellis::cli {
namespace {

namespace v1 = post::v1;

// Whether the write was done is open when its answer was lost.
ExitCode ReportLostWrite(const absl::Status& status, const std::string& hint,
                         const Arguments& arguments, Terminal& terminal) {
  const ExitCode code = ReportFailure(status, arguments, terminal);
  if (code == ExitCode::kUnreachable) terminal.Hint(hint);
  return code;
}

void Print(const v1::Post& post, const Arguments& arguments, Context& context) {
  if (arguments.On("json")) {
    PrintJson(post, context.terminal);
  } else {
    context.terminal.out << RenderPost(post, context.clock.WallNow()) << std::flush;
  }
}

ExitCode Create(const Arguments& arguments, Context& context) {
  Terminal& terminal = context.terminal;
  const std::optional<int64_t> user = NumberAt(arguments, 0, 1, kMostId, terminal);
  if (!user) return ExitCode::kUsage;
  PostClient client(ClientOptions(arguments));
  v1::CreatePostRequest request;
  request.set_user_id(*user);
  request.set_content(arguments.Positional(1));
  const auto post = client.Call(&PostClient::Stub::CreatePost, request);
  if (!post.ok()) {
    return ReportLostWrite(
        post.status(),
        "The post may have been made; ./trellis post ls " + std::to_string(*user) + " shows it.",
        arguments, terminal);
  }
  if (arguments.On("json")) {
    PrintJson(*post, terminal);
  } else {
    terminal.out << post->id() << "\n" << std::flush;
  }
  return ExitCode::kOk;
}

ExitCode Get(const Arguments& arguments, Context& context) {
  Terminal& terminal = context.terminal;
  const std::optional<int64_t> id = NumberAt(arguments, 0, 1, kMostId, terminal);
  const std::optional<int64_t> generation = MinGeneration(arguments, terminal);
  if (!id || !generation) return ExitCode::kUsage;
  PostClient client(ClientOptions(arguments));
  v1::GetPostRequest request;
  request.set_id(*id);
  request.set_min_generation(*generation);
  const auto post = client.Call(&PostClient::Stub::GetPost, request);
  if (!post.ok()) return ReportFailure(post.status(), arguments, terminal);
  Print(*post, arguments, context);
  return ExitCode::kOk;
}

ExitCode Update(const Arguments& arguments, Context& context) {
  Terminal& terminal = context.terminal;
  const std::optional<int64_t> id = NumberAt(arguments, 0, 1, kMostId, terminal);
  if (!id) return ExitCode::kUsage;
  PostClient client(ClientOptions(arguments));
  v1::UpdatePostRequest request;
  request.set_id(*id);
  request.set_content(arguments.Positional(1));
  const auto post = client.Call(&PostClient::Stub::UpdatePost, request);
  if (!post.ok()) {
    return ReportLostWrite(post.status(), "The post may have been changed; a repeat is safe.",
                           arguments, terminal);
  }
  Print(*post, arguments, context);
  return ExitCode::kOk;
}

ExitCode Remove(const Arguments& arguments, Context& context) {
  Terminal& terminal = context.terminal;
  const std::optional<int64_t> id = NumberAt(arguments, 0, 1, kMostId, terminal);
  if (!id) return ExitCode::kUsage;
  const std::string post = "post " + std::to_string(*id);
  if (!arguments.On("yes")) {
    if (!terminal.CanAsk()) {
      return UsageError(arguments.command(),
                        "rm deletes a post; without a terminal to ask on, say --yes", terminal);
    }
    if (!terminal.Confirm("Delete " + post + " for good?")) {
      terminal.Say("nothing was deleted");
      return ExitCode::kFailed;
    }
  }
  PostClient client(ClientOptions(arguments));
  v1::DeletePostRequest request;
  request.set_id(*id);
  const auto response = client.Call(&PostClient::Stub::DeletePost, request);
  if (!response.ok()) {
    return ReportLostWrite(response.status(),
                           "It may have been deleted; a repeat is NOT_FOUND then.", arguments,
                           terminal);
  }
  if (arguments.On("json")) PrintJson(*response, terminal);
  terminal.Say(post + " is deleted");
  return ExitCode::kOk;
}

Positional PostId() { return {.name = "ID", .help = "The post's id"}; }
Positional Content() { return {.name = "CONTENT", .help = "1 to 10000 characters"}; }

}  // namespace

std::vector<Flag> PostFlags(std::vector<Flag> own) {
  return ServiceFlags(std::move(own), "POST_ADDR", "127.0.0.1:50054");
}

// Generations are wider than numbers of flags.
Flag MinGenerationFlag() {
  return {.name = "min-generation",
          .kind = FlagKind::kText,
          .value = "N",
          .help = "Nothing older than what a write answered as its generation",
          .default_value = "0"};
}

std::optional<int64_t> MinGeneration(const Arguments& arguments, Terminal& terminal) {
  const std::string text = arguments.Text("min-generation");
  const char* const last = text.data() + text.size();
  int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), last, number);
  if (error == std::errc() && end == last && number >= 0) return number;
  (void)UsageError(arguments.command(),
                   "--min-generation: '" + text + "' is not a whole number from 0", terminal);
  return std::nullopt;
}

CommandTable PostCommands() {
  return {{.name = "post",
           .summary = "Writes and reads posts, and shows what their caches do",
           .examples = {{"post create 1 'hello from the terminal'", "prints the new post's id"},
                        {"post ls 1", "the user's newest posts"},
                        {"post feed 1 2 3", "those of many users, merged"},
                        {"post cache", "what the caches did"}}},
          {.name = "post create",
           .summary = "Writes a post and prints its id",
           .examples = {{"post create 1 hello"},
                        {"post create 1 hello --json | jq -r .generation", "for --min-generation"}},
           .positionals = {{.name = "USER", .help = "The user's id"}, Content()},
           .flags = PostFlags(),
           .run = Create},
          {.name = "post get",
           .summary = "Shows a post",
           .examples = {{"post get 17"}, {"post get 17 --min-generation 5"}},
           .positionals = {PostId()},
           .flags = PostFlags({MinGenerationFlag()}),
           .run = Get},
          PostListCommand(),
          PostFeedCommand(),
          {.name = "post update",
           .summary = "Gives a post another content",
           .examples = {{"post update 17 'hello again'"}},
           .positionals = {PostId(), Content()},
           .flags = PostFlags(),
           .run = Update},
          {.name = "post rm",
           .summary = "Deletes a post",
           .examples = {{"post rm 17", "asks first"}, {"post rm 17 --yes", "does not"}},
           .positionals = {PostId()},
           .flags = PostFlags({{.name = "yes", .help = "Do not ask"}}),
           .run = Remove},
          PostHotCommand(),
          PostCacheCommand(),
          PostShardsCommand()};
}

}  // namespace trellis::cli
