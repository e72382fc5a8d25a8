// user create and get: whose posts they are.

#include <ostream>

#include "clients/cli/cli.h"
#include "clients/cli/commands/commands.h"
#include "clients/cli/commands/post.h"
#include "clients/cli/commands/post_view.h"

namespace trellis::cli {
namespace {

namespace v1 = post::v1;

ExitCode Create(const Arguments& arguments, Context& context) {
  Terminal& terminal = context.terminal;
  PostClient client(ClientOptions(arguments));
  v1::CreateUserRequest request;
  request.set_username(arguments.Positional(0));
  request.set_email(arguments.Positional(1));
  const auto user = client.Call(&PostClient::Stub::CreateUser, request);
  if (!user.ok()) {
    const ExitCode code = ReportFailure(user.status(), arguments, terminal);
    if (code == ExitCode::kUnreachable) {
      terminal.Hint("The user may have been made; a repeat says so by ALREADY_EXISTS.");
    }
    return code;
  }
  if (arguments.On("json")) {
    PrintJson(*user, terminal);
  } else {
    terminal.out << user->id() << "\n" << std::flush;
  }
  return ExitCode::kOk;
}

ExitCode Get(const Arguments& arguments, Context& context) {
  Terminal& terminal = context.terminal;
  const std::optional<int64_t> id = NumberAt(arguments, 0, 1, kMostId, terminal);
  if (!id) return ExitCode::kUsage;
  PostClient client(ClientOptions(arguments));
  v1::GetUserRequest request;
  request.set_id(*id);
  const auto user = client.Call(&PostClient::Stub::GetUser, request);
  if (!user.ok()) return ReportFailure(user.status(), arguments, terminal);
  if (arguments.On("json")) {
    PrintJson(*user, terminal);
  } else {
    terminal.out << RenderUser(*user, context.clock.WallNow()) << std::flush;
  }
  return ExitCode::kOk;
}

}  // namespace

CommandTable UserCommands() {
  return {{.name = "user",
           .summary = "Makes users, whose posts `post` is about, and looks at them",
           .examples = {{"user create ada ada@example.com", "prints the new user's id"},
                        {"user get 1"}}},
          {.name = "user create",
           .summary = "Makes a user and prints its id",
           .examples = {{"user create ada ada@example.com"}},
           .positionals = {{.name = "USERNAME", .help = "1 to 64 of A-Z a-z 0-9 . _ -"},
                           {.name = "EMAIL", .help = "Nobody else's; its case counts not"}},
           .flags = PostFlags(),
           .run = Create},
          {.name = "user get",
           .summary = "Shows a user",
           .examples = {{"user get 1"}, {"user get 1 --json | jq -r .generation"}},
           .positionals = {{.name = "ID", .help = "The user's id"}},
           .flags = PostFlags(),
           .run = Get}};
}

}  // namespace trellis::cli
