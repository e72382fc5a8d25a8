#include "services/keytest/event_codec.h"

#include <gtest/gtest.h>

namespace trellis::keytest {
namespace {

TEST(EventCodecTest, AnEventComesBackAsItWas) {
  const Event event{"0190-run", 42, 1'700'000'000'123};
  EXPECT_EQ(EncodeEvent(event), "gen-key:42 0190-run 1700000000123");
  EXPECT_EQ(DecodeEvent(EncodeEvent(event)), event);
}

TEST(EventCodecTest, WhatIsNoEventIsRefused) {
  for (const char* text :
       {"", " ", "  ", "gen-key:1", "gen-key:1 run", "gen-key:1 run ", "gen-key:1  5",
        "gen-key: run 5", "gen-key:x run 5", "gen-key:-1 run 5", "gen-key:1 run -5",
        "gen-key:1 run 5x", "gen-key:1 a run 5", "dedup:gen-key:1 run 5", "gen-key:1x run 5",
        "gen-key:99999999999999999999 run 5"}) {
    EXPECT_FALSE(DecodeEvent(text).has_value()) << text;
  }
}

TEST(EventCodecTest, OnlyGeneratedKeysHaveANumber) {
  EXPECT_EQ(KeyNumber("gen-key:7"), 7);
  EXPECT_FALSE(KeyNumber("dedup:gen-key:7").has_value());
  EXPECT_FALSE(KeyNumber("gen-key:").has_value());
  EXPECT_FALSE(KeyNumber("other").has_value());
}

}  // namespace
}  // namespace trellis::keytest
