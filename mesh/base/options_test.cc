#include "mesh/base/options.h"

#include <gmock/gmock.h>

#include <fstream>
#include <map>

#include "mesh/base/testing/subprocess.h"

namespace trellis::base {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using testing::TempDir;

// A table with one option of each type, over variables of the test's own.
class OptionsTest : public ::testing::Test {
 protected:
  OptionsTest() {
    table_.Add("name", "NAME", &name_, "what it is called");
    table_.Add("fast", "FAST", &fast_, "makes haste");
    table_.Add("count", "COUNT", &count_, 1, 10, "how many");
    table_.Add("share", "SHARE", &share_, 0, 1.5, "what part");
    table_.Add("wait", "WAIT", &wait_, "how long");
    table_.AddChoice("mode", "MODE", &mode_, {"soft", "hard"}, "how");
    table_.AddAddress("addr", "ADDR", &addr_, "where");
    table_.AddSecret("password", "PASSWORD", &password_, "what nobody may see");
    table_.set_environment([this](const std::string& name) -> const char* {
      const auto found = variables_.find(name);
      return found == variables_.end() ? nullptr : found->second.c_str();
    });
  }

  std::string ErrorOf(const std::vector<std::string>& args) {
    const absl::Status status = table_.Parse(args);
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
    return MessageOf(status);
  }

  std::map<std::string, std::string> variables_;
  std::string name_ = "default";
  bool fast_ = false;
  int count_ = 3;
  double share_ = 0.25;
  milliseconds wait_{1500};
  std::string mode_ = "soft";
  std::string addr_ = "127.0.0.1:80";
  std::string password_ = "default-secret";
  OptionTable table_{"program", "Does things."};
};

TEST_F(OptionsTest, DefaultsStayWhenNothingIsSaid) {
  ASSERT_TRUE(table_.Parse({}).ok());
  EXPECT_EQ(name_, "default");
  EXPECT_FALSE(fast_);
  EXPECT_EQ(count_, 3);
  EXPECT_EQ(wait_, milliseconds(1500));
  EXPECT_EQ(mode_, "soft");
  EXPECT_EQ(addr_, "127.0.0.1:80");
}

TEST_F(OptionsTest, VariablesWinOverDefaults) {
  variables_ = {{"NAME", "n"},    {"FAST", "on"},    {"COUNT", "7"},   {"WAIT", "2s"},
                {"MODE", "hard"}, {"ADDR", ":8080"}, {"PASSWORD", "p"}};
  ASSERT_TRUE(table_.Parse({}).ok());
  EXPECT_EQ(name_, "n");
  EXPECT_TRUE(fast_);
  EXPECT_EQ(count_, 7);
  EXPECT_EQ(wait_, milliseconds(2000));
  EXPECT_EQ(mode_, "hard");
  EXPECT_EQ(addr_, "0.0.0.0:8080");
  EXPECT_EQ(password_, "p");
}

TEST_F(OptionsTest, FlagsWinOverVariables) {
  variables_ = {{"NAME", "n"},    {"FAST", "true"}, {"COUNT", "7"},   {"WAIT", "2s"},
                {"MODE", "hard"}, {"ADDR", ":80"},  {"PASSWORD", "p"}};
  ASSERT_TRUE(table_
                  .Parse({"--name=flag", "--no-fast", "--count=9", "--wait=3s", "--mode=soft",
                          "--addr=host:1", "--password=q"})
                  .ok());
  EXPECT_EQ(name_, "flag");
  EXPECT_FALSE(fast_);
  EXPECT_EQ(count_, 9);
  EXPECT_EQ(wait_, milliseconds(3000));
  EXPECT_EQ(mode_, "soft");
  EXPECT_EQ(addr_, "host:1");
  EXPECT_EQ(password_, "q");
}

TEST_F(OptionsTest, EmptyVariableIsAsIfUnset) {
  variables_ = {{"COUNT", ""}, {"NAME", ""}};
  ASSERT_TRUE(table_.Parse({}).ok());
  EXPECT_EQ(count_, 3);
  EXPECT_EQ(name_, "default");
}

TEST_F(OptionsTest, ValueMayFollowItsFlag) {
  ASSERT_TRUE(table_.Parse({"--name", "with space", "--count", "4", "--fast"}).ok());
  EXPECT_EQ(name_, "with space");
  EXPECT_EQ(count_, 4);
  EXPECT_TRUE(fast_);
}

TEST_F(OptionsTest, ValueMayHoldAnEqualsSignOrBeEmpty) {
  ASSERT_TRUE(table_.Parse({"--name=a=b", "--password="}).ok());
  EXPECT_EQ(name_, "a=b");
  EXPECT_EQ(password_, "");
}

TEST_F(OptionsTest, LastFlagWins) {
  ASSERT_TRUE(table_.Parse({"--count=4", "--fast", "--count=5", "--fast=false"}).ok());
  EXPECT_EQ(count_, 5);
  EXPECT_FALSE(fast_);
}

TEST_F(OptionsTest, BoolKnowsTheUsualWords) {
  for (const char* word : {"true", "1", "yes", "on"}) {
    fast_ = false;
    ASSERT_TRUE(table_.Parse({std::string("--fast=") + word}).ok()) << word;
    EXPECT_TRUE(fast_) << word;
  }
  for (const char* word : {"false", "0", "no", "off"}) {
    fast_ = true;
    ASSERT_TRUE(table_.Parse({std::string("--fast=") + word}).ok()) << word;
    EXPECT_FALSE(fast_) << word;
  }
}

TEST_F(OptionsTest, DurationsHaveUnits) {
  const std::map<std::string, milliseconds> cases = {
      {"0", milliseconds(0)},     {"250", milliseconds(250)},    {"250ms", milliseconds(250)},
      {"5s", milliseconds(5000)}, {"2m", milliseconds(120'000)}, {"1h", milliseconds(3'600'000)}};
  for (const auto& [text, expected] : cases) {
    ASSERT_TRUE(table_.Parse({"--wait=" + text}).ok()) << text;
    EXPECT_EQ(wait_, expected) << text;
  }
}

TEST_F(OptionsTest, BadValueOfAFlagNamesItAndSaysWhatIsExpected) {
  EXPECT_THAT(ErrorOf({"--fast=maybe"}),
              AllOf(HasSubstr("--fast"), HasSubstr("'maybe'"), HasSubstr("true or false")));
  EXPECT_THAT(ErrorOf({"--count=11"}), AllOf(HasSubstr("--count"), HasSubstr("from 1 to 10")));
  EXPECT_THAT(ErrorOf({"--wait=5d"}), AllOf(HasSubstr("--wait"), HasSubstr("250ms")));
  EXPECT_THAT(ErrorOf({"--mode=other"}), AllOf(HasSubstr("--mode"), HasSubstr("soft hard")));
  EXPECT_THAT(ErrorOf({"--addr=host"}), AllOf(HasSubstr("--addr"), HasSubstr("host:port")));
}

TEST_F(OptionsTest, BadValueOfAVariableNamesItAndSaysWhatIsExpected) {
  variables_ = {{"COUNT", "many"}};
  EXPECT_THAT(ErrorOf({}),
              AllOf(HasSubstr("COUNT"), HasSubstr("'many'"),
                    HasSubstr("a whole number from 1 to 10"), Not(HasSubstr("--count"))));
}

TEST_F(OptionsTest, BadValueChangesNothing) {
  for (const char* text : {"0", "11", "-1", "3.5", "3x", " 3", "", "99999999999999999999"}) {
    EXPECT_FALSE(table_.Parse({std::string("--count=") + text}).ok()) << text;
  }
  for (const char* text : {"", "-1s", "s", "1.5s", "5 s", "9223372036854775807h"}) {
    EXPECT_FALSE(table_.Parse({std::string("--wait=") + text}).ok()) << text;
  }
  EXPECT_EQ(count_, 3);
  EXPECT_EQ(wait_, milliseconds(1500));
}

TEST_F(OptionsTest, NumbersMayHaveAFraction) {
  for (const auto& [text, value] :
       std::map<std::string, double>{{"0", 0}, {"1.5", 1.5}, {"1e-3", 0.001}}) {
    ASSERT_TRUE(table_.Parse({"--share=" + text}).ok()) << text;
    EXPECT_EQ(share_, value);
  }
  for (const char* text : {"", "1.6", "-0.1", "nan", "inf", "1.5x", "0,5"}) {
    EXPECT_THAT(ErrorOf({std::string("--share=") + text}),
                AllOf(HasSubstr("--share"), HasSubstr("a number from 0 to 1.5")))
        << text;
  }
  EXPECT_THAT(table_.Help(), HasSubstr("0.25"));
}

TEST_F(OptionsTest, UnknownFlagIsNamed) {
  EXPECT_THAT(ErrorOf({"--colour=red"}), AllOf(HasSubstr("--colour"), HasSubstr("program")));
  EXPECT_THAT(ErrorOf({"--no-name"}), HasSubstr("--no-name"));
  EXPECT_THAT(ErrorOf({"--no-fast=true"}), HasSubstr("--no-fast"));
  EXPECT_THAT(ErrorOf({"word"}), HasSubstr("'word' is not a flag"));
  EXPECT_THAT(ErrorOf({"-fast"}), HasSubstr("'-fast' is not a flag"));
}

TEST_F(OptionsTest, MissingValueIsSaid) {
  EXPECT_THAT(ErrorOf({"--count"}), AllOf(HasSubstr("--count"), HasSubstr("a whole number")));
}

TEST_F(OptionsTest, SecretComesFromAFileWithoutItsNewline) {
  const TempDir directory;
  std::ofstream(directory.File("secret")) << "from file\n\n";
  variables_ = {{"PASSWORD_FILE", directory.File("secret")}};
  ASSERT_TRUE(table_.Parse({}).ok());
  EXPECT_EQ(password_, "from file\n");
}

TEST_F(OptionsTest, EmptySecretFileIsAnEmptySecret) {
  const TempDir directory;
  std::ofstream(directory.File("secret")).flush();
  variables_ = {{"PASSWORD_FILE", directory.File("secret")}};
  ASSERT_TRUE(table_.Parse({}).ok());
  EXPECT_EQ(password_, "");
}

TEST_F(OptionsTest, UnreadableSecretFileIsNamed) {
  variables_ = {{"PASSWORD_FILE", "/does/not/exist"}};
  EXPECT_THAT(ErrorOf({}), AllOf(HasSubstr("PASSWORD_FILE"), HasSubstr("/does/not/exist"),
                                 HasSubstr("a readable file")));
}

TEST_F(OptionsTest, DirectoryIsNoSecretFile) {
  const TempDir directory;
  variables_ = {{"PASSWORD_FILE", directory.path()}};
  EXPECT_THAT(ErrorOf({}), HasSubstr("PASSWORD_FILE"));
}

TEST_F(OptionsTest, OnlySecretsAreReadFromFiles) {
  variables_ = {{"NAME_FILE", "/does/not/exist"}};
  EXPECT_TRUE(table_.Parse({}).ok());
}

TEST_F(OptionsTest, HelpShowsEveryFlagVariableAndDefault) {
  const std::string help = table_.Help();
  for (const char* part :
       {"program: Does things.", "--name", "NAME", "default", "what it is called", "--fast",
        "false", "--count", "COUNT", "3", "--wait", "1500ms", "--mode", "soft", "--addr",
        "127.0.0.1:80", "--password", "PASSWORD", "PASSWORD_FILE"}) {
    EXPECT_THAT(help, HasSubstr(part));
  }
}

TEST_F(OptionsTest, HelpNeverShowsASecret) {
  variables_ = {{"PASSWORD", "hunter2"}};
  ASSERT_TRUE(table_.Parse({}).ok());
  EXPECT_THAT(table_.Help(), AllOf(Not(HasSubstr("hunter2")), Not(HasSubstr("default-secret"))));
}

}  // namespace
}  // namespace trellis::base
