#include "gateway/transcoding/base64.h"

#include "gtest/gtest.h"

namespace trellis::gateway {
namespace {

std::string Decode(std::string_view text) {
  std::string bytes;
  return DecodeBase64(text, &bytes) ? bytes : "(refused)";
}

// RFC 4648, section 10.
TEST(Base64, WritesAndReadsTheVectorsOfTheRfc) {
  const char* const cases[][2] = {{"", ""},
                                  {"f", "Zg=="},
                                  {"fo", "Zm8="},
                                  {"foo", "Zm9v"},
                                  {"foob", "Zm9vYg=="},
                                  {"fooba", "Zm9vYmE="},
                                  {"foobar", "Zm9vYmFy"}};
  for (const auto& c : cases) {
    std::string text;
    AppendBase64(c[0], &text);
    EXPECT_EQ(text, c[1]);
    EXPECT_EQ(Decode(c[1]), c[0]);
  }
}

TEST(Base64, ReadsBothAlphabetsAndWantsNoPadding) {
  EXPECT_EQ(Decode("+/+/"), Decode("-_-_"));
  EXPECT_EQ(Decode("Zg"), "f");
  EXPECT_EQ(Decode("Zm8"), "fo");
}

TEST(Base64, RefusesTheRest) {
  for (const char* text : {"Z", "Zg=", "Zg===", "=", "==", "====", "Z===", "Zg==Zg==", "Z g=",
                           "Zm9v\n", "Zm9*", "Zh==", "Zm9=", "+-AA", "A_/A"}) {
    EXPECT_EQ(Decode(text), "(refused)") << text;
  }
}

}  // namespace
}  // namespace trellis::gateway
