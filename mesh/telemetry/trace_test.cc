// The vectors follow W3C Trace Context, level 1, sections 3.2 (format) and 4 (mutation).
#include "mesh/telemetry/trace.h"

#include <gmock/gmock.h>

namespace trellis::telemetry {
namespace {

using ::testing::MatchesRegex;

constexpr char kValid[] = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

TEST(TraceContext, ReadsAValidHeader) {
  const auto trace = TraceContext::Parse(kValid);
  ASSERT_TRUE(trace.has_value());
  EXPECT_EQ(trace->trace_id, "4bf92f3577b34da6a3ce929d0e0e4736");
  EXPECT_EQ(trace->span_id, "00f067aa0ba902b7");
  EXPECT_TRUE(trace->sampled);
}

TEST(TraceContext, WritesWhatItHasRead) {
  EXPECT_EQ(TraceContext::Parse(kValid)->Format(), kValid);
}

TEST(TraceContext, SampledIsTheLowestBitOfTheFlags) {
  const std::string head = std::string(kValid).substr(0, 53);
  EXPECT_FALSE(TraceContext::Parse(head + "00")->sampled);
  EXPECT_FALSE(TraceContext::Parse(head + "fe")->sampled);
  EXPECT_TRUE(TraceContext::Parse(head + "03")->sampled);
  EXPECT_TRUE(TraceContext::Parse(head + "ff")->sampled);
}

TEST(TraceContext, UnknownFlagsAreNotPassedOn) {
  EXPECT_EQ(TraceContext::Parse(std::string(kValid).substr(0, 53) + "ff")->Format(), kValid);
}

TEST(TraceContext, RefusesWrongLengths) {
  for (const char* text : {"", "00", "00-", "00-4bf92f3577b34da6a3ce929d0e0e4736",
                           "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7",
                           "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-0",
                           "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-",
                           "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more",
                           "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-011",
                           "00-4bf92f3577b34da6a3ce929d0e0e473-00f067aa0ba902b7-01-",
                           "0-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01x"}) {
    EXPECT_FALSE(TraceContext::Parse(text).has_value()) << text;
  }
}

TEST(TraceContext, RefusesOtherSeparators) {
  EXPECT_FALSE(
      TraceContext::Parse("00_4bf92f3577b34da6a3ce929d0e0e4736_00f067aa0ba902b7_01").has_value());
  EXPECT_FALSE(
      TraceContext::Parse(" 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-1").has_value());
}

TEST(TraceContext, RefusesVersionFf) {
  EXPECT_FALSE(
      TraceContext::Parse("ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01").has_value());
}

TEST(TraceContext, RefusesAllZeroIds) {
  EXPECT_FALSE(
      TraceContext::Parse("00-00000000000000000000000000000000-00f067aa0ba902b7-01").has_value());
  EXPECT_FALSE(
      TraceContext::Parse("00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01").has_value());
}

TEST(TraceContext, RefusesUpperCaseAndOtherDigits) {
  for (const char* text : {"00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
                           "00-4bf92f3577b34da6a3ce929d0e0e4736-00F067AA0BA902B7-01",
                           "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-0A",
                           "0A-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
                           "00-4bf92f3577b34da6a3ce929d0e0e473g-00f067aa0ba902b7-01",
                           "0x-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
                           "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-0x"}) {
    EXPECT_FALSE(TraceContext::Parse(text).has_value()) << text;
  }
}

TEST(TraceContext, FutureVersionMayHaveMoreFields) {
  const std::string future = "cc" + std::string(kValid).substr(2);
  EXPECT_TRUE(TraceContext::Parse(future).has_value());
  EXPECT_TRUE(TraceContext::Parse(future + "-what-the-future-brings").has_value());
  EXPECT_FALSE(TraceContext::Parse(future + ".what").has_value());
}

TEST(TraceContext, FutureVersionIsPassedOnAsOurs) {
  EXPECT_EQ(TraceContext::Parse("cc" + std::string(kValid).substr(2) + "-x")->Format(), kValid);
}

TEST(TraceContext, NewOneIsValidAndUnlikeTheLast) {
  const TraceContext a = TraceContext::New();
  const TraceContext b = TraceContext::New();
  EXPECT_THAT(a.Format(), MatchesRegex("00-[0-9a-f]{32}-[0-9a-f]{16}-00"));
  EXPECT_TRUE(TraceContext::Parse(a.Format()).has_value());
  EXPECT_NE(a.trace_id, b.trace_id);
}

TEST(TraceContext, ChildKeepsTheTraceAndHasASpanOfItsOwn) {
  const TraceContext child = TraceContext::ChildOf(kValid);
  EXPECT_EQ(child.trace_id, "4bf92f3577b34da6a3ce929d0e0e4736");
  EXPECT_NE(child.span_id, "00f067aa0ba902b7");
  EXPECT_TRUE(child.sampled);
}

TEST(TraceContext, ChildOfAMalformedHeaderStartsANewTrace) {
  const TraceContext child = TraceContext::ChildOf("00-xyz");
  EXPECT_TRUE(TraceContext::Parse(child.Format()).has_value());
}

}  // namespace
}  // namespace trellis::telemetry
