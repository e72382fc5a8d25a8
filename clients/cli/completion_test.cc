#include "clients/cli/completion.h"

#include <gmock/gmock.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>

#include "clients/cli/commands/commands.h"

namespace trellis::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

// What bash offers for the last of `words`.
std::string Complete(const std::vector<std::string>& words) {
  const std::string path = ::testing::TempDir() + "completion." + std::to_string(getpid());
  std::ofstream(path) << BashCompletion(AllCommands());
  std::string line = "bash --norc -c 'source " + path + "; COMP_WORDS=(./trellis";
  for (const std::string& word : words) line += word.empty() ? " \"\"" : " " + word;
  line += "); COMP_CWORD=" + std::to_string(words.size()) +
          "; _trellis; echo \"${COMPREPLY[@]}\"' 2>&1";
  FILE* const pipe = popen(line.c_str(), "r");
  std::string output;
  for (int c = fgetc(pipe); c != EOF; c = fgetc(pipe)) output += static_cast<char>(c);
  pclose(pipe);
  unlink(path.c_str());
  return output;
}

TEST(CompletionTest, OffersVerbsOfClientAndScript) {
  EXPECT_EQ(Complete({"enq"}), "enqueue\n");
  EXPECT_THAT(Complete({""}), HasSubstr("queue"));
  EXPECT_THAT(Complete({"sta"}), HasSubstr("status"));
}

TEST(CompletionTest, OffersVerbsOfAGroup) {
  EXPECT_EQ(Complete({"queue", "p"}), "peek purge pause\n");
  EXPECT_EQ(Complete({"order", "c"}), "cancel\n");
  EXPECT_EQ(Complete({"order", "re"}), "replay-dead reconcile\n");
  EXPECT_EQ(Complete({"inventory", ""}), "set get\n");
  EXPECT_EQ(Complete({"weather", ""}), "get circuit stats\n");
  EXPECT_EQ(Complete({"user", ""}), "create get\n");
  EXPECT_EQ(Complete({"post", ""}), "create get ls feed update rm hot cache shards\n");
}

TEST(CompletionTest, OffersFlagsOfTheVerb) {
  EXPECT_EQ(Complete({"enqueue", "--uni"}), "--unique-key --unique-for\n");
  EXPECT_EQ(Complete({"queue", "purge", "emails", "--y"}), "--yes\n");
  EXPECT_THAT(Complete({"queue", "purge", "emails", "--"}), Not(HasSubstr("--state")));
}

TEST(CompletionTest, OffersValuesThatAreOneOfAFew) {
  EXPECT_EQ(Complete({"queue", "peek", "--state", "d"}), "dead\n");
  EXPECT_EQ(Complete({"queue", "peek", "--limit", ""}), "\n");
  EXPECT_EQ(Complete({"order", "ls", "--status", "rej"}), "rejected\n");
  EXPECT_EQ(Complete({"order", "replay-dead", "--queue", "n"}), "notifier\n");
  EXPECT_THAT(Complete({"completion", "b"}), HasSubstr("bash"));
}

}  // namespace
}  // namespace trellis::cli
