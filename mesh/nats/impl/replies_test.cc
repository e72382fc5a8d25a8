#include "mesh/nats/impl/replies.h"

#include <gtest/gtest.h>

namespace trellis::nats {
namespace {

TEST(RepliesTest, AnAckSubjectTellsTheAttempt) {
  const auto parsed = ParseAckSubject("$JS.ACK.EVENTS.workers.3.17.21.1700000000000000000.5");
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->delivered, 3);
  EXPECT_EQ(parsed->stream_seq, 17u);
}

TEST(RepliesTest, AnAckSubjectOfANewerServerHasDomainAndAccount) {
  for (const char* const subject :
       {"$JS.ACK._.hash.EVENTS.workers.3.17.21.1700000000000000000.5.token",
        "$JS.ACK.hub.hash.EVENTS.workers.3.17.21.1700000000000000000.5"}) {
    const auto parsed = ParseAckSubject(subject);
    ASSERT_TRUE(parsed) << subject;
    EXPECT_EQ(parsed->delivered, 3);
    EXPECT_EQ(parsed->stream_seq, 17u);
  }
}

TEST(RepliesTest, WhatIsNoAckSubject) {
  for (const char* const subject :
       {"", "$JS.ACK.", "_INBOX.a.b", "$JS.ACK.EVENTS.workers.x.17.21.1700.5",
        "$JS.ACK.EVENTS.workers.1.17.21.1700", "$JS.ACK.EVENTS.workers.1.17.21.1700.5.6"}) {
    EXPECT_FALSE(ParseAckSubject(subject)) << subject;
  }
}

TEST(RepliesTest, AStreamConfirmsOrRefuses) {
  EXPECT_TRUE(ParsePubAck(R"({"stream":"EVENTS","seq":12})").ok());
  EXPECT_TRUE(ParsePubAck(R"({"stream":"error","seq":12,"duplicate":true})").ok());
  const absl::Status refused = ParsePubAck(
      R"({"error":{"code":503,"err_code":10077,"description":"maximum messages exceeded"},)"
      R"("stream":"EVENTS","seq":0})");
  EXPECT_EQ(refused.code(), absl::StatusCode::kUnavailable);
  EXPECT_NE(base::MessageOf(refused).find("maximum messages exceeded"), std::string::npos);
  EXPECT_FALSE(ParsePubAck("").ok());
  EXPECT_FALSE(ParsePubAck("+OK").ok());
}

}  // namespace
}  // namespace trellis::nats
