#include "clients/cli/duration.h"

#include <gmock/gmock.h>

namespace trellis::cli {
namespace {

using base::milliseconds;

TEST(DurationTest, NeedsNumberAndUnit) {
  EXPECT_EQ(ParseDuration("250ms"), milliseconds(250));
  EXPECT_EQ(ParseDuration("5s"), milliseconds(5000));
  EXPECT_EQ(ParseDuration("2m"), milliseconds(120'000));
  EXPECT_EQ(ParseDuration("1h"), milliseconds(3'600'000));
  EXPECT_EQ(ParseDuration("0s"), milliseconds(0));
  for (const char* bad : {"", "5", "s", "-5s", "1.5s", "5 s", "5d", "5S", "1h30m",
                          "99999999999999999999s", "9223372036854775807h"}) {
    EXPECT_EQ(ParseDuration(bad), std::nullopt) << bad;
  }
}

TEST(DurationTest, IsShownInTwoUnits) {
  EXPECT_EQ(FormatDuration(milliseconds(-1)), "0s");
  EXPECT_EQ(FormatDuration(milliseconds(250)), "250ms");
  EXPECT_EQ(FormatDuration(milliseconds(12'999)), "12s");
  EXPECT_EQ(FormatDuration(milliseconds(192'000)), "3m12s");
  EXPECT_EQ(FormatDuration(milliseconds(7'200'000)), "2h");
  EXPECT_EQ(FormatDuration(milliseconds(356'400'000)), "4d3h");
}

TEST(DurationTest, TimesAreInUtc) {
  EXPECT_EQ(FormatTime(base::FromUnixMillis(1'769'860'800'000)), "2026-01-31T12:00:00Z");
}

}  // namespace
}  // namespace trellis::cli
