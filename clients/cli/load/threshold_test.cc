#include "clients/cli/load/threshold.h"

#include <gmock/gmock.h>

namespace trellis::cli::load {
namespace {

using ::testing::HasSubstr;

// 100 calls of 1 to 100 ms, the slowest three of them errors, in 10 seconds.
Results HundredCalls() {
  Results results;
  for (int i = 1; i <= 100; ++i) results.latency.Record(std::chrono::milliseconds(i));
  results.codes["OK"].calls = 97;
  results.codes["UNAVAILABLE"].calls = 2;
  results.codes[kNotSent].calls = 1;
  results.seconds = 10;
  return results;
}

bool Met(const std::string& text, const Results& results = HundredCalls()) {
  const auto threshold = Threshold::Parse(text);
  EXPECT_TRUE(threshold.ok()) << text << ": " << threshold.status();
  return threshold.ok() && threshold->Judge(results).met;
}

std::string Refusal(const std::string& text) {
  const auto threshold = Threshold::Parse(text);
  EXPECT_FALSE(threshold.ok()) << text;
  return threshold.ok() ? "" : base::MessageOf(threshold.status());
}

TEST(ThresholdTest, Percentiles) {
  EXPECT_TRUE(Met("p50<51ms"));
  EXPECT_FALSE(Met("p50<50ms"));
  EXPECT_TRUE(Met("p90 < 0.1s"));
  EXPECT_FALSE(Met("p99.9<99ms"));
  EXPECT_TRUE(Met("max<=100ms"));
  EXPECT_FALSE(Met("max<100ms"));
  EXPECT_TRUE(Met("p1>500us"));
  EXPECT_TRUE(Met("max<1m"));
  EXPECT_TRUE(Met("mean<51ms"));
  EXPECT_FALSE(Met("mean<50ms"));
}

TEST(ThresholdTest, ErrorsByShareAndByNumber) {
  EXPECT_TRUE(Met("errors<=3%"));
  EXPECT_FALSE(Met("errors<3%"));
  EXPECT_TRUE(Met("errors<3.5%"));
  EXPECT_TRUE(Met("errors<=3"));
  EXPECT_FALSE(Met("errors<3")) << "calls that were not sent count";
}

TEST(ThresholdTest, RateIsOfGoodAnswers) {
  EXPECT_TRUE(Met("rate>9.6"));
  EXPECT_TRUE(Met("rate>=9.7/s"));
  EXPECT_FALSE(Met("rate>9.7"));
}

TEST(ThresholdTest, SaysWhatWasMeasured) {
  const auto actual = [](const std::string& text) {
    return Threshold::Parse(text)->Judge(HundredCalls()).actual;
  };
  EXPECT_EQ(actual("max<1s"), "100 ms");
  EXPECT_EQ(actual("errors<1%"), "3 %");
  EXPECT_EQ(actual("errors<1"), "3");
  EXPECT_EQ(actual("rate>1"), "9.7/s");
  EXPECT_EQ(Threshold::Parse("p99 < 50ms")->text(), "p99<50ms");
}

TEST(ThresholdTest, NoCallsMeetNothing) {
  EXPECT_FALSE(Met("p99<1s", Results()));
  EXPECT_FALSE(Met("errors<1%", Results()));
  EXPECT_EQ(Threshold::Parse("p99<1s")->Judge(Results()).actual, "no calls");
}

TEST(ThresholdTest, WhatIsWrongIsNamed) {
  EXPECT_THAT(Refusal(""), HasSubstr("there is no <"));
  EXPECT_THAT(Refusal("p99=5ms"), HasSubstr("there is no <"));
  EXPECT_THAT(Refusal("p99<50"), HasSubstr("'50' needs a unit"));
  EXPECT_THAT(Refusal("p99<50 hours"), HasSubstr("needs a unit"));
  EXPECT_THAT(Refusal("p99<ms"), HasSubstr("'ms' is not a number"));
  EXPECT_THAT(Refusal("p99<-5ms"), HasSubstr("is not a number"));
  EXPECT_THAT(Refusal("p99<"), HasSubstr("'' is not a number"));
  EXPECT_THAT(Refusal("p99<infms"), HasSubstr("is not a number"));
  EXPECT_THAT(Refusal("p<5ms"), HasSubstr("'p' is none of"));
  EXPECT_THAT(Refusal("<5ms"), HasSubstr("'' is none of"));
  EXPECT_THAT(Refusal("p99x<5ms"), HasSubstr("'p99x' is none of"));
  EXPECT_THAT(Refusal("p0<5ms"), HasSubstr("above 0"));
  EXPECT_THAT(Refusal("p101<5ms"), HasSubstr("at most 100"));
  EXPECT_THAT(Refusal("latency<5ms"), HasSubstr("'latency' is none of"));
  EXPECT_THAT(Refusal("errors<5ms"), HasSubstr("a number and %"));
  EXPECT_THAT(Refusal("rate>5%"), HasSubstr("calls a second"));
}

}  // namespace
}  // namespace trellis::cli::load
