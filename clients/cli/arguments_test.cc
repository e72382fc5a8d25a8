#include "clients/cli/arguments.h"

#include <gmock/gmock.h>

#include <map>
#include <optional>

namespace trellis::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class ArgumentsTest : public ::testing::Test {
 protected:
  absl::StatusOr<Arguments> Parse(const std::vector<std::string>& words) {
    return Arguments::Parse(command_, words,
                            [this](const std::string& name) -> std::optional<std::string> {
                              if (!environment_.contains(name)) return std::nullopt;
                              return environment_[name];
                            });
  }
  std::string Error(const std::vector<std::string>& words) {
    return base::MessageOf(Parse(words).status());
  }

  std::map<std::string, std::string> environment_;
  Command command_{
      .name = "send",
      .summary = "Sends",
      .positionals = {{.name = "TO"}, {.name = "TEXT", .required = false, .repeated = true}},
      .flags =
          {{.name = "loud"},
           {.name = "color", .kind = FlagKind::kChoice, .choices = {"red", "green"}},
           {.name = "count", .kind = FlagKind::kNumber, .default_value = "3", .min = 1, .max = 9},
           {.name = "delay", .kind = FlagKind::kDuration, .default_value = "1s"},
           {.name = "key", .kind = FlagKind::kText},
           {.name = "also", .kind = FlagKind::kText, .repeated = true},
           {.name = "addr",
            .kind = FlagKind::kAddress,
            .default_value = "127.0.0.1:1",
            .variable = "SEND_ADDR"}},
      .run = [](const Arguments&, Context&) { return ExitCode::kOk; }};
};

TEST_F(ArgumentsTest, RepeatedFlagsKeepAllValuesAndOthersTheLast) {
  const auto arguments = Parse({"you", "--also", "a", "--key=x", "--also=b", "--key", "y"});
  ASSERT_TRUE(arguments.ok()) << arguments.status();
  EXPECT_THAT(arguments->Texts("also"), ElementsAre("a", "b"));
  EXPECT_EQ(arguments->Text("key"), "y");
  EXPECT_TRUE(Parse({"you"})->Texts("also").empty());
}

TEST_F(ArgumentsTest, FlagsStandAnywhereInBothForms) {
  const auto parsed = Parse({"bob", "--count=4", "hello", "--delay", "250ms", "--loud", "again"});
  ASSERT_TRUE(parsed.ok()) << parsed.status();
  EXPECT_THAT(parsed->positionals(), ElementsAre("bob", "hello", "again"));
  EXPECT_EQ(parsed->Number("count"), 4);
  EXPECT_EQ(parsed->Duration("delay"), base::milliseconds(250));
  EXPECT_TRUE(parsed->On("loud"));
}

TEST_F(ArgumentsTest, DefaultsHoldWhereNothingIsGiven) {
  const auto parsed = Parse({"bob"});
  ASSERT_TRUE(parsed.ok()) << parsed.status();
  EXPECT_EQ(parsed->Number("count"), 3);
  EXPECT_EQ(parsed->Duration("delay"), base::milliseconds(1000));
  EXPECT_FALSE(parsed->On("loud"));
  EXPECT_FALSE(parsed->Given("count"));
  EXPECT_EQ(parsed->Text("key"), "");
  EXPECT_EQ(parsed->Positional(1), "");
}

TEST_F(ArgumentsTest, FlagWinsOverVariableOverDefault) {
  EXPECT_EQ(Parse({"bob"})->Text("addr"), "127.0.0.1:1");
  environment_["SEND_ADDR"] = "host:2";
  EXPECT_EQ(Parse({"bob"})->Text("addr"), "host:2");
  EXPECT_FALSE(Parse({"bob"})->Given("addr"));
  EXPECT_EQ(Parse({"bob", "--addr", "host:3"})->Text("addr"), "host:3");
  environment_["SEND_ADDR"] = "";
  EXPECT_EQ(Parse({"bob"})->Text("addr"), "127.0.0.1:1") << "empty is as good as absent";
}

TEST_F(ArgumentsTest, BadVariableIsNamed) {
  environment_["SEND_ADDR"] = "nonsense";
  EXPECT_EQ(Error({"bob"}), "SEND_ADDR: 'nonsense' is not host:port");
  EXPECT_TRUE(Parse({"bob", "--addr=host:3"}).ok()) << "it is not used";
}

TEST_F(ArgumentsTest, AddressesAreHostAndPortOrNamesOfResolvers) {
  for (const char* good : {"localhost:1", "[::1]:80", ":50051", "dns:///svc:1", "unix:/tmp/s"}) {
    EXPECT_TRUE(Parse({"bob", "--addr", good}).ok()) << good;
  }
  for (const char* bad : {"localhost", "50051", "http://localhost:1", "host:99999", "dns:"}) {
    EXPECT_FALSE(Parse({"bob", "--addr", bad}).ok()) << bad;
  }
}

TEST_F(ArgumentsTest, WordsAfterTwoDashesAreText) {
  const auto parsed = Parse({"bob", "--", "--loud", "-5"});
  ASSERT_TRUE(parsed.ok()) << parsed.status();
  EXPECT_THAT(parsed->positionals(), ElementsAre("bob", "--loud", "-5"));
  EXPECT_THAT(Parse({"bob", "-"})->positionals(), ElementsAre("bob", "-"));
  EXPECT_THAT(Error({"bob", "-5 degrees"}), HasSubstr("begins with a dash goes after --"));
}

TEST_F(ArgumentsTest, MisspelledFlagsAreSuggested) {
  EXPECT_EQ(Error({"bob", "--cuont", "4"}),
            "'--cuont' is not a flag of send; did you mean --count?");
  EXPECT_EQ(Error({"bob", "--xyzzy"}), "'--xyzzy' is not a flag of send");
}

TEST_F(ArgumentsTest, BadValuesSayWhatIsExpected) {
  EXPECT_EQ(Error({"bob", "--count", "10"}), "--count: '10' is not a whole number from 1 to 9");
  EXPECT_EQ(Error({"bob", "--count", "4x"}), "--count: '4x' is not a whole number from 1 to 9");
  EXPECT_EQ(Error({"bob", "--delay", "5"}),
            "--delay: '5' is not a duration such as 250ms, 5s, 2m or 1h");
  EXPECT_EQ(Error({"bob", "--color=gren"}),
            "--color: 'gren' is not one of red, green; did you mean green?");
  EXPECT_THAT(Error({"bob", "--key", "\xFF"}), HasSubstr("is not UTF-8 text"));
  EXPECT_EQ(Error({"bob", "--loud=yes"}), "--loud takes no value");
}

TEST_F(ArgumentsTest, ValueIsNotTakenFromTheNextFlag) {
  EXPECT_EQ(Error({"bob", "--delay", "--loud"}),
            "--delay needs a value: a duration such as 250ms, 5s, 2m or 1h");
  EXPECT_EQ(Error({"bob", "--count"}), "--count needs a value: a whole number from 1 to 9");
  EXPECT_EQ(Parse({"bob", "--key=--loud"})->Text("key"), "--loud");
}

TEST_F(ArgumentsTest, CountsPositionals) {
  EXPECT_EQ(Error({}), "send needs TO");
  command_.positionals.pop_back();
  EXPECT_THAT(Error({"bob", "hello"}), HasSubstr("'hello' is one argument too many"));
  command_.positionals.clear();
  EXPECT_EQ(Error({"bob"}), "'bob': send takes no arguments");
}

TEST_F(ArgumentsTest, UndeclaredFlagIsABug) {
  const auto parsed = Parse({"bob"});
  EXPECT_DEATH((void)parsed->Number("loud"), "declares no such flag: loud");
}

}  // namespace
}  // namespace trellis::cli
