#include "clients/cli/table.h"

#include <gmock/gmock.h>

#include <iostream>
#include <map>

namespace trellis::cli {
namespace {

class TableTest : public ::testing::Test {
 protected:
  TableTest() {
    table_.Add({"a", "1", "short"});
    table_.Add({"long name", "1000", "a message\nof two lines and more"});
  }

  Table table_{{{"NAME"}, {"N", true}, {"MESSAGE"}}};
  std::map<std::string, std::string> environment_;
  Terminal terminal_{.in = std::cin,
                     .out = std::cout,
                     .err = std::cerr,
                     .environment = [this](const std::string& name) -> std::optional<std::string> {
                       if (!environment_.contains(name)) return std::nullopt;
                       return environment_[name];
                     }};
};

TEST_F(TableTest, AlignsColumnsAndCutsNothingInAPipe) {
  EXPECT_EQ(table_.Render(terminal_),
            "NAME          N  MESSAGE\n"
            "a             1  short\n"
            "long name  1000  a message\\nof two lines and more\n");
}

TEST_F(TableTest, LastColumnIsCutToTheTerminal) {
  terminal_.out_is_tty = true;
  terminal_.width = 30;
  EXPECT_EQ(table_.RenderRows(terminal_),
            "a             1  short\n"
            "long name  1000  a message\\no…\n");
}

TEST_F(TableTest, TitlesAreBoldOnlyWhereColorIsWanted) {
  EXPECT_THAT(table_.Render(terminal_), ::testing::Not(::testing::HasSubstr("\x1b")));
  terminal_.out_is_tty = true;
  EXPECT_THAT(table_.Render(terminal_), ::testing::StartsWith("\x1b[1mNAME"));
  environment_["NO_COLOR"] = "1";
  EXPECT_THAT(table_.Render(terminal_), ::testing::Not(::testing::HasSubstr("\x1b")));
  environment_ = {{"TERM", "dumb"}};
  EXPECT_THAT(table_.Render(terminal_), ::testing::Not(::testing::HasSubstr("\x1b")));
}

TEST(RenderFieldsTest, AlignsAndEscapesValues) {
  EXPECT_EQ(RenderFields({{"a", "1"}, {"long", "x\x1by"}}), "a     1\nlong  x\\x1by\n");
}

}  // namespace
}  // namespace trellis::cli
