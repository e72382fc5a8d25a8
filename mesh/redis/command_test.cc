#include "mesh/redis/command.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>

namespace trellis::redis {
namespace {

std::string Wire(const Command& command) {
  std::string out;
  command.AppendTo(&out);
  return out;
}

TEST(Command, IsAnArrayOfBulkStrings) {
  EXPECT_EQ(Wire(Command("SET", "key", "value")),
            "*3\r\n$3\r\nSET\r\n$3\r\nkey\r\n$5\r\nvalue\r\n");
}

TEST(Command, MayBeANameAlone) { EXPECT_EQ(Wire(Command("PING")), "*1\r\n$4\r\nPING\r\n"); }

TEST(Command, TakesTextOfEveryType) {
  const std::string text = "b";
  const std::string_view view = "c";
  EXPECT_EQ(Wire(Command("X", "a", text, view)),
            "*4\r\n$1\r\nX\r\n$1\r\na\r\n$1\r\nb\r\n$1\r\nc\r\n");
}

TEST(Command, TakesIntegersOfEveryType) {
  EXPECT_EQ(Wire(Command("X", -1, size_t{2})), "*3\r\n$1\r\nX\r\n$2\r\n-1\r\n$1\r\n2\r\n");
  EXPECT_EQ(Wire(Command("X", std::numeric_limits<int64_t>::min())),
            "*2\r\n$1\r\nX\r\n$20\r\n-9223372036854775808\r\n");
  EXPECT_EQ(Wire(Command("X", std::numeric_limits<uint64_t>::max())),
            "*2\r\n$1\r\nX\r\n$20\r\n18446744073709551615\r\n");
}

TEST(Command, ArgumentMayHoldAnyByteAndBeEmpty) {
  const std::string bytes("\0\r\n$1\r\n*", 8);
  EXPECT_EQ(Wire(Command("X", bytes, "")), "*3\r\n$1\r\nX\r\n$8\r\n" + bytes + "\r\n$0\r\n\r\n");
}

TEST(Command, GrowsByArguments) {
  Command command("DEL");
  EXPECT_EQ(command.argument_count(), 1);
  command.Arg("a").Arg(7);
  EXPECT_EQ(command.argument_count(), 3);
  EXPECT_EQ(Wire(command), Wire(Command("DEL", "a", 7)));
}

TEST(Command, CountOfManyArgumentsIsWritten) {
  Command command("DEL");
  command.Reserve(1000);
  for (int i = 0; i < 12'345; ++i) command.Arg("k");
  EXPECT_TRUE(Wire(command).starts_with("*12346\r\n$3\r\nDEL\r\n$1\r\nk\r\n"));
}

TEST(Command, IsAppendedToWhatIsThere) {
  std::string out = "before";
  Command("PING").AppendTo(&out);
  Command("PING").AppendTo(&out);
  EXPECT_EQ(out, "before*1\r\n$4\r\nPING\r\n*1\r\n$4\r\nPING\r\n");
}

}  // namespace
}  // namespace trellis::redis
