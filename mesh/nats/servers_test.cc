#include <gtest/gtest.h>

#include "mesh/nats/connection.h"

namespace trellis::nats {
namespace {

TEST(ServersTest, AListOfUrls) {
  const auto servers = ParseServers("nats://a:4222,tls://user:pa@ss@[::1]:1,nats://nats.example");
  ASSERT_TRUE(servers.ok()) << servers.status();
  EXPECT_EQ(*servers, (std::vector<std::string>{"nats://a:4222", "tls://user:pa@ss@[::1]:1",
                                                "nats://nats.example"}));
}

TEST(ServersTest, WhatIsWrongIsSaidWithoutThePassword) {
  for (const char* const bad :
       {"", "localhost:4222", "amqp://secret@a", "nats://", "nats://u:secret@", "nats://:4222",
        "nats://u:secret@a:0", "nats://a:65536", "nats://u:secret@a:x", "nats://a,",
        "nats://u:secret@a/b", "nats://u:secret@[::1", "nats://a:"}) {
    const auto servers = ParseServers(bad);
    EXPECT_EQ(servers.status().code(), absl::StatusCode::kInvalidArgument) << bad;
    EXPECT_EQ(base::MessageOf(servers.status()).find("secret"), std::string::npos) << bad;
  }
}

}  // namespace
}  // namespace trellis::nats
