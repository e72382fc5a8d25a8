#include "gateway/routing/percent.h"

#include "gtest/gtest.h"

namespace trellis::gateway {
namespace {

std::string Decode(std::string_view text, PercentMode mode) {
  std::string out;
  return AppendPercentDecoded(text, mode, &out) ? out : "(malformed)";
}

TEST(Percent, DecodesEverythingInOneSegment) {
  EXPECT_EQ(Decode("a%20b%2Fc%2f%25", PercentMode::kAll), "a b/c/%");
  EXPECT_EQ(Decode("a+b", PercentMode::kAll), "a+b");
  EXPECT_EQ(Decode("%00", PercentMode::kAll), std::string(1, '\0'));
  EXPECT_EQ(Decode("", PercentMode::kAll), "");
}

TEST(Percent, KeepsReservedCharactersAsTheyWereWritten) {
  EXPECT_EQ(Decode("a%20b%2Fc%2f%3A%21", PercentMode::kKeepReserved), "a b%2Fc%2f%3A%21");
  EXPECT_EQ(Decode("%41%2D%7E", PercentMode::kKeepReserved), "A-~");
  EXPECT_EQ(Decode("%00", PercentMode::kKeepReserved), std::string(1, '\0'));
}

TEST(Percent, FormTakesPlusForASpace) {
  EXPECT_EQ(Decode("a+b%2Bc++", PercentMode::kForm), "a b+c  ");
}

TEST(Percent, RefusesMalformedEscapes) {
  for (const char* text : {"%", "a%", "%2", "%2G", "%G2", "%%20", "%20%", "%-1"}) {
    EXPECT_EQ(Decode(text, PercentMode::kAll), "(malformed)") << text;
    EXPECT_FALSE(IsWellFormedPercent(text)) << text;
  }
  EXPECT_TRUE(IsWellFormedPercent("a%20%fF"));
}

}  // namespace
}  // namespace trellis::gateway
