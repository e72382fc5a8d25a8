#include "clients/cli/text.h"

#include <gmock/gmock.h>

namespace trellis::cli {
namespace {

TEST(TextTest, KnowsUtf8) {
  EXPECT_TRUE(IsUtf8(""));
  EXPECT_TRUE(IsUtf8("plain, é, €, 😀"));
  EXPECT_FALSE(IsUtf8("\xFF"));
  EXPECT_FALSE(IsUtf8("\xC0\x80")) << "overlong";
  EXPECT_FALSE(IsUtf8("\xE0\x80\x80")) << "overlong";
  EXPECT_FALSE(IsUtf8("\xED\xA0\x80")) << "surrogate";
  EXPECT_FALSE(IsUtf8("\xF4\x90\x80\x80")) << "past U+10FFFF";
  EXPECT_FALSE(IsUtf8("\xE2\x82")) << "cut off";
}

TEST(TextTest, TerminalNeverSeesControlCharactersOfOthers) {
  EXPECT_EQ(Printable("a\x1b[31mb"), "a\\x1b[31mb");
  EXPECT_EQ(Printable("a\x7f\r\a"), "a\\x7f\\x0d\\x07");
  EXPECT_EQ(Printable("8-bit CSI: \xC2\x9B"), "8-bit CSI: \\xc2\\x9b");
  EXPECT_EQ(Printable("no UTF-8: \xFE"), "no UTF-8: \\xfe");
  EXPECT_EQ(Printable(std::string_view("\0", 1)), "\\x00");
}

TEST(TextTest, LayoutStaysInTextAndNotInLines) {
  EXPECT_EQ(Printable("a\n\tb"), "a\n\tb");
  EXPECT_EQ(OneLine("a\n\tb"), "a\\n\\tb");
}

TEST(TextTest, CutsByCharactersAndNotByBytes) {
  EXPECT_EQ(OneLine("äöüß", 4), "äöüß");
  EXPECT_EQ(OneLine("äöüßx", 4), "äöü…");
  EXPECT_EQ(OneLine("abc", 1), "…");
  EXPECT_EQ(OneLine(std::string(100'000, 'x'), 3), "xx…");
  EXPECT_EQ(Columns("äöü…"), 4u);
}

TEST(SuggestTest, FindsTheNearestCandidate) {
  const std::vector<std::string> verbs{"enqueue", "queue", "health", "version"};
  EXPECT_EQ(Suggest("enqeue", verbs), "enqueue");
  EXPECT_EQ(Suggest("quuee", verbs), "queue");
  EXPECT_EQ(Suggest("heatlh", verbs), "health") << "a swap is one mistake";
  EXPECT_EQ(Suggest("ver", verbs), "version") << "a beginning";
  EXPECT_EQ(Suggest("banana", verbs), "");
  EXPECT_EQ(Suggest("", verbs), "");
}

}  // namespace
}  // namespace trellis::cli
