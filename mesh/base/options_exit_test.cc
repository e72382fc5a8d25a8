// OptionTable::ParseOrExit, which ends the process, and addresses.
#include <gmock/gmock.h>

#include "mesh/base/options.h"

namespace trellis::base {
namespace {

using ::testing::ExitedWithCode;

void ParseOrExit(std::vector<std::string> args) {
  OptionTable table("program", "Does things.");
  int count = 1;
  table.Add("count", "", &count, 0, 9, "how many");
  std::string name = "program";
  std::vector<char*> argv = {name.data()};
  for (std::string& arg : args) argv.push_back(arg.data());
  table.ParseOrExit(static_cast<int>(argv.size()), argv.data());
  std::exit(count);
}

TEST(ParseOrExitDeathTest, GoodFlagsLetTheProcessGoOn) {
  EXPECT_EXIT(ParseOrExit({"--count=7"}), ExitedWithCode(7), "^$");
}

TEST(ParseOrExitDeathTest, ErrorIsOneLineAndExitCodeTwo) {
  EXPECT_EXIT(ParseOrExit({"--count=10"}), ExitedWithCode(2),
              "^program: --count: '10' is not a whole number from 0 to 9\n$");
}

TEST(ParseOrExitDeathTest, HelpExitsWithZero) {
  EXPECT_EXIT(ParseOrExit({"--help"}), ExitedWithCode(0), "^$");
  EXPECT_EXIT(ParseOrExit({"-h"}), ExitedWithCode(0), "^$");
}

TEST(Address, IsNormalizedToHostAndPort) {
  EXPECT_EQ(*NormalizeAddress("example.com:80"), "example.com:80");
  EXPECT_EQ(*NormalizeAddress(":8080"), "0.0.0.0:8080");
  EXPECT_EQ(*NormalizeAddress("8080"), "127.0.0.1:8080");
  EXPECT_EQ(*NormalizeAddress("10.0.0.1:0"), "10.0.0.1:0");
  EXPECT_EQ(*NormalizeAddress("host:65535"), "host:65535");
}

TEST(Address, Ipv6IsInBrackets) {
  EXPECT_EQ(*NormalizeAddress("[::1]:80"), "[::1]:80");
  EXPECT_EQ(*NormalizeAddress("[::]:0"), "[::]:0");
  EXPECT_FALSE(NormalizeAddress("::1:80").ok());
  EXPECT_FALSE(NormalizeAddress("[::1]").ok());
  EXPECT_FALSE(NormalizeAddress("[]:80").ok());
}

TEST(Address, MalformedOneIsRefusedByName) {
  for (const char* text : {"", ":", "host", "host:", "host:65536", "host:-1", "host:80x",
                           "host:http", "a b:80", "http://host:80", "a:b:80", "[::1:80"}) {
    const auto address = NormalizeAddress(text);
    EXPECT_EQ(address.status().code(), absl::StatusCode::kInvalidArgument) << text;
    EXPECT_THAT(MessageOf(address.status()), ::testing::HasSubstr("'" + std::string(text) + "'"));
  }
}

TEST(Address, IsSplitIntoHostAndPort) {
  EXPECT_EQ(SplitAddress("example.com:80")->host, "example.com");
  EXPECT_EQ(SplitAddress("example.com:80")->port, 80);
  EXPECT_EQ(SplitAddress("[::1]:443")->host, "::1");
  EXPECT_EQ(SplitAddress("[::1]:443")->port, 443);
  EXPECT_EQ(SplitAddress(":1")->host, "0.0.0.0");
  EXPECT_FALSE(SplitAddress("nowhere").ok());
}

}  // namespace
}  // namespace trellis::base
