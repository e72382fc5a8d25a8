#include <gmock/gmock.h>

#include "clients/cli/commands/commands.h"
#include "clients/cli/testing/run_cli.h"

namespace trellis::cli {
namespace {

using ::testing::HasSubstr;
using testing::Outcome;
using ::testing::StartsWith;

Outcome RunTool(const std::vector<std::string>& words) {
  testing::World world;
  world.commands = AllCommands();
  return testing::RunCli(world, words);
}

TEST(ToolTest, SleepTakesSecondsOrATime) {
  EXPECT_EQ(RunTool({"sleep", "10"}).slept, base::milliseconds(10'000));
  EXPECT_EQ(RunTool({"sleep", "250ms"}).slept, base::milliseconds(250));
  EXPECT_EQ(RunTool({"sleep", "ten"}).code, ExitCode::kUsage);
  EXPECT_EQ(RunTool({"sleep", ""}).code, ExitCode::kUsage);
}

TEST(ToolTest, VersionIsAVerbAndAFlag) {
  EXPECT_THAT(RunTool({"version"}).out, StartsWith("trellis 0."));
  EXPECT_EQ(RunTool({"--version"}).out, RunTool({"version"}).out);
  EXPECT_THAT(RunTool({"version", "--json"}).out, StartsWith("{\"version\":\"0."));
}

TEST(ToolTest, CompletionIsForBashOnly) {
  EXPECT_THAT(RunTool({"completion", "bash"}).out, HasSubstr("complete -F _trellis"));
  EXPECT_EQ(RunTool({"completion", "tcsh"}).code, ExitCode::kUsage);
}

TEST(ToolTest, HelpIsTheHelpOfTheVerb) {
  EXPECT_EQ(RunTool({"help", "queue", "purge"}).out, RunTool({"queue", "purge", "--help"}).out);
  EXPECT_EQ(RunTool({"help"}).out, RunTool({"--help"}).out);
  EXPECT_EQ(RunTool({"help", "nope"}).code, ExitCode::kUsage);
}

TEST(ToolTest, EveryVerbHasExamplesAndFitsTheScreen) {
  for (const Command& command : AllCommands()) {
    const Outcome outcome =
        RunTool({"help", command.Group().empty() ? command.name : command.Group(),
                 command.Group().empty() ? "--" : command.Verb()});
    EXPECT_EQ(outcome.code, ExitCode::kOk) << command.name;
    EXPECT_THAT(outcome.out, StartsWith("Examples:\n  ./trellis " + command.name));
    EXPECT_FALSE(command.summary.ends_with('.')) << "the help adds it";
    size_t start = 0;
    for (size_t end = 0; (end = outcome.out.find('\n', start)) != std::string::npos;
         start = end + 1) {
      EXPECT_LE(end - start, 115u) << outcome.out.substr(start, end - start);
    }
  }
}

}  // namespace
}  // namespace trellis::cli
