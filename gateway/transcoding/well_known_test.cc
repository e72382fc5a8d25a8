#include "gateway/transcoding/well_known.h"

#include "gtest/gtest.h"

namespace trellis::gateway {
namespace {

std::string Timestamp(std::string_view text) {
  int64_t seconds = 0;
  int32_t nanos = 0;
  if (!ParseTimestamp(text, &seconds, &nanos)) return "(refused)";
  std::string out;
  return AppendTimestamp(seconds, nanos, &out) ? out : "(not writable)";
}

std::string Duration(std::string_view text) {
  int64_t seconds = 0;
  int32_t nanos = 0;
  if (!ParseDuration(text, &seconds, &nanos)) return "(refused)";
  std::string out;
  return AppendDuration(seconds, nanos, &out) ? out : "(not writable)";
}

TEST(WellKnown, TimestampsComeBackInUtc) {
  const char* const cases[][2] = {
      {"2024-02-29T12:34:56Z", "2024-02-29T12:34:56Z"},
      {"2024-02-29T12:34:56.7Z", "2024-02-29T12:34:56.700Z"},
      {"2024-02-29T12:34:56.7890Z", "2024-02-29T12:34:56.789Z"},
      {"2024-02-29T12:34:56.123456789Z", "2024-02-29T12:34:56.123456789Z"},
      {"2024-01-01T00:30:00+01:00", "2023-12-31T23:30:00Z"},
      {"2024-01-01T00:30:00-00:45", "2024-01-01T01:15:00Z"},
      {"1969-12-31T23:59:59.5Z", "1969-12-31T23:59:59.500Z"},
      {"0001-01-01T00:00:00Z", "0001-01-01T00:00:00Z"},
      {"9999-12-31T23:59:59.999999999Z", "9999-12-31T23:59:59.999999999Z"},
  };
  for (const auto& c : cases) EXPECT_EQ(Timestamp(c[0]), c[1]);
}

TEST(WellKnown, RefusesTimestampsThatAreNone) {
  for (const char* text : {"",
                           "2024-02-30T00:00:00Z",
                           "2023-02-29T00:00:00Z",
                           "2024-13-01T00:00:00Z",
                           "2024-00-01T00:00:00Z",
                           "2024-01-00T00:00:00Z",
                           "2024-01-01T24:00:00Z",
                           "2024-01-01T00:60:00Z",
                           "2024-01-01T00:00:60Z",
                           "2024-01-01T00:00:00",
                           "2024-01-01 00:00:00Z",
                           "2024-01-01t00:00:00Z",
                           "2024-01-01T00:00:00z",
                           "2024-01-01T00:00:00.Z",
                           "2024-01-01T00:00:00.1234567890Z",
                           "2024-01-01T00:00:00ZZ",
                           "2024-01-01T00:00:00+0100",
                           "2024-01-01T00:00:00+24:00",
                           "24-01-01T00:00:00Z",
                           "0000-12-31T00:00:00Z",
                           "0001-01-01T00:00:00+00:01",
                           "9999-12-31T23:59:59-00:01",
                           "+024-01-01T00:00:00Z"}) {
    EXPECT_EQ(Timestamp(text), "(refused)") << text;
  }
}

TEST(WellKnown, DurationsKeepTheirSign) {
  const char* const cases[][2] = {
      {"0s", "0s"},
      {"1s", "1s"},
      {"-1s", "-1s"},
      {"1.5s", "1.500s"},
      {"-0.5s", "-0.500s"},
      {"0.000001s", "0.000001s"},
      {"-0s", "0s"},
      {"0.000000001s", "0.000000001s"},
      {"315576000000s", "315576000000s"},
      {"-315576000000s", "-315576000000s"},
  };
  for (const auto& c : cases) EXPECT_EQ(Duration(c[0]), c[1]);
}

TEST(WellKnown, RefusesDurationsThatAreNone) {
  for (const char* text :
       {"", "s", "1", "1.s", ".5s", "1 s", "+1s", "--1s", "1m", "1sx", "0.1234567890s",
        "315576000001s", "315576000000.1s", "99999999999999999999s", "1e3s"}) {
    EXPECT_EQ(Duration(text), "(refused)") << text;
  }
}

}  // namespace
}  // namespace trellis::gateway
