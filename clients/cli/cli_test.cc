#include "clients/cli/cli.h"

#include <gmock/gmock.h>

#include "clients/cli/arguments.h"
#include "clients/cli/testing/run_cli.h"

namespace trellis::cli {
namespace {

using ::testing::HasSubstr;
using testing::Outcome;
using testing::RunCli;
using ::testing::StartsWith;
using testing::World;

// `garden` with the verbs `plant` and `water`, and `weed`.
World Garden() {
  const auto done = [](const Arguments&, Context& context) {
    context.terminal.out << "done\n";
    return ExitCode::kOk;
  };
  World world;
  world.commands = {
      {.name = "garden", .summary = "Keeps a garden", .examples = {{"garden plant rose", "start"}}},
      {.name = "garden plant",
       .summary = "Plants",
       .examples = {{"garden plant rose", "one rose"}},
       .positionals = {{.name = "WHAT", .help = "A plant"}},
       .flags = {{.name = "deep",
                  .kind = FlagKind::kNumber,
                  .value = "CM",
                  .help = "How deep",
                  .default_value = "5",
                  .variable = "GARDEN_DEEP",
                  .min = 1,
                  .max = 50}},
       .notes = "Roses have thorns.",
       .run = done},
      {.name = "garden water", .summary = "Waters", .run = done},
      {.name = "weed", .summary = "Weeds", .examples = {{"weed"}}, .run = done}};
  return world;
}

TEST(CliTest, RunsVerbsAndVerbsOfGroups) {
  EXPECT_EQ(RunCli(Garden(), {"weed"}).out, "done\n");
  EXPECT_EQ(RunCli(Garden(), {"garden", "plant", "rose"}).out, "done\n");
}

TEST(CliTest, NothingToDoIsAUsageErrorWithHelpOnStderr) {
  for (const std::vector<std::string>& words :
       {std::vector<std::string>{}, std::vector<std::string>{"garden"}}) {
    const Outcome outcome = RunCli(Garden(), words);
    EXPECT_EQ(outcome.code, ExitCode::kUsage);
    EXPECT_EQ(outcome.out, "");
    EXPECT_THAT(outcome.err, HasSubstr("Usage: "));
  }
}

TEST(CliTest, MisspelledVerbsAreSuggested) {
  const Outcome top = RunCli(Garden(), {"wed"});
  EXPECT_EQ(top.code, ExitCode::kUsage);
  EXPECT_EQ(top.err, "trellis: 'wed' is not a verb\n  Did you mean ./trellis weed?\n");
  EXPECT_THAT(RunCli(Garden(), {"garden", "watre"}).err,
              HasSubstr("Did you mean ./trellis garden water?"));
  EXPECT_THAT(RunCli(Garden(), {"restrat"}).err, HasSubstr("Did you mean ./trellis restart?"))
      << "the script hands its own misspelled verbs to us";
  EXPECT_THAT(RunCli(Garden(), {"xyzzy"}).err, HasSubstr("./trellis --help lists what there is"));
}

TEST(CliTest, VerbsOfTheFrontDoorAreSentThere) {
  const Outcome outcome = RunCli(Garden(), {"up"});
  EXPECT_EQ(outcome.code, ExitCode::kUsage);
  EXPECT_THAT(outcome.err, HasSubstr("verb of the ./trellis script"));
}

TEST(CliTest, FlagBeforeTheVerbIsExplained) {
  EXPECT_THAT(RunCli(Garden(), {"--json", "weed"}).err, HasSubstr("the verb comes first"));
}

TEST(CliTest, UsageErrorsShowTheUsageLine) {
  const Outcome outcome = RunCli(Garden(), {"garden", "plant"});
  EXPECT_EQ(outcome.code, ExitCode::kUsage);
  EXPECT_EQ(outcome.out, "");
  EXPECT_EQ(outcome.err,
            "trellis: garden plant needs WHAT\n"
            "  Usage: ./trellis garden plant WHAT [FLAGS]\n"
            "  Help:  ./trellis garden plant --help\n");
}

TEST(CliTest, HelpOfAVerbBeginsWithExamples) {
  const Outcome outcome = RunCli(Garden(), {"garden", "plant", "rose", "--help"});
  EXPECT_EQ(outcome.code, ExitCode::kOk);
  EXPECT_EQ(outcome.err, "");
  EXPECT_EQ(outcome.out,
            "Examples:\n"
            "  ./trellis garden plant rose  one rose\n"
            "\n"
            "Plants.\n"
            "\n"
            "Roses have thorns.\n"
            "\n"
            "Usage: ./trellis garden plant WHAT [FLAGS]\n"
            "  WHAT  A plant\n"
            "\n"
            "Flags:\n"
            "  --deep CM  How deep (GARDEN_DEEP, default 5)\n"
            "  --help     This text\n");
}

TEST(CliTest, HelpOfAGroupListsItsVerbs) {
  const Outcome outcome = RunCli(Garden(), {"garden", "-h"});
  EXPECT_EQ(outcome.code, ExitCode::kOk);
  EXPECT_THAT(outcome.out, HasSubstr("Verbs:\n  garden plant  Plants\n  garden water  Waters\n"));
}

TEST(CliTest, HelpOfTheToolHasExamplesVerbsAndExitCodes) {
  const Outcome outcome = RunCli(Garden(), {"--help"});
  EXPECT_EQ(outcome.code, ExitCode::kOk);
  EXPECT_THAT(outcome.out, StartsWith("Examples:\n  ./trellis garden plant rose  start\n"));
  EXPECT_THAT(outcome.out, HasSubstr("  weed    Weeds\n"));
  EXPECT_THAT(outcome.out, HasSubstr("130  interrupted\n"));
}

TEST(CliTest, HelpAfterTwoDashesIsText) {
  EXPECT_EQ(RunCli(Garden(), {"garden", "plant", "--", "--help"}).out, "done\n");
}

}  // namespace
}  // namespace trellis::cli
