#include <gtest/gtest.h>

#include "mesh/amqp/connection.h"

namespace trellis::amqp {
namespace {

TEST(NodeTest, AllOfIt) {
  const auto node = ParseNode("amqp://trellis:pa%2Fss%40@rabbit-1.local:1234/my%2fhost");
  ASSERT_TRUE(node.ok()) << node.status();
  EXPECT_EQ(node->user, "trellis");
  EXPECT_EQ(node->password, "pa/ss@");
  EXPECT_EQ(node->host, "rabbit-1.local");
  EXPECT_EQ(node->port, 1234);
  EXPECT_EQ(node->vhost, "my/host");
}

TEST(NodeTest, Defaults) {
  for (const char* url : {"amqp://rabbit", "amqp://rabbit/"}) {
    const auto node = ParseNode(url);
    ASSERT_TRUE(node.ok()) << node.status();
    EXPECT_EQ(node->host, "rabbit");
    EXPECT_EQ(node->port, 5672);
    EXPECT_EQ(node->user, "guest");
    EXPECT_EQ(node->password, "guest");
    EXPECT_EQ(node->vhost, "/");
  }
  EXPECT_EQ(ParseNode("amqp://user:@rabbit")->password, "");
}

TEST(NodeTest, Ipv6) {
  EXPECT_EQ(ParseNode("amqp://[::1]")->host, "::1");
  const auto node = ParseNode("amqp://a:b@[::1]:99/v");
  ASSERT_TRUE(node.ok()) << node.status();
  EXPECT_EQ(node->host, "::1");
  EXPECT_EQ(node->port, 99);
}

TEST(NodeTest, ErrorsSayWhatButNotThePassword) {
  const std::pair<const char*, const char*> wrong[] = {
      {"", "amqp://"},
      {"rabbit:5672", "amqp://"},
      {"amqps://u:sesame@rabbit", "amqp://"},
      {"amqp://", "host"},
      {"amqp://u:sesame@", "host"},
      {"amqp://u:sesame@:5672", "host"},
      {"amqp://u:sesame@rabbit:", "port"},
      {"amqp://u:sesame@rabbit:0", "port"},
      {"amqp://u:sesame@rabbit:65536", "port"},
      {"amqp://u:sesame@rabbit:5672x", "port"},
      {"amqp://u:sesame@[::1", "IPv6"},
      {"amqp://u:sesame@[::1]5672", "IPv6"},
      {"amqp://:sesame@rabbit", "user"},
      {"amqp://u:sesame%@rabbit", "password"},
      {"amqp://u:sesame%4@rabbit", "password"},
      {"amqp://u:sesame%zz@rabbit", "password"},
      {"amqp://u:sesame@rabbit/a/b", "vhost"},
      {"amqp://u:sesame@rabbit/%", "vhost"},
  };
  for (const auto& [url, what] : wrong) {
    const auto node = ParseNode(url);
    ASSERT_FALSE(node.ok()) << url;
    EXPECT_EQ(node.status().code(), absl::StatusCode::kInvalidArgument) << url;
    EXPECT_NE(base::MessageOf(node.status()).find(what), std::string::npos) << node.status();
    EXPECT_EQ(base::MessageOf(node.status()).find("sesame"), std::string::npos) << node.status();
  }
}

TEST(NodeTest, Lists) {
  const auto nodes = ParseNodes("amqp://a, amqp://b:1 ,amqp://c");
  ASSERT_TRUE(nodes.ok()) << nodes.status();
  ASSERT_EQ(nodes->size(), 3u);
  EXPECT_EQ((*nodes)[1].host, "b");
  EXPECT_EQ((*nodes)[1].port, 1);
  for (const char* wrong : {"", ",", "amqp://a,", "amqp://a,,amqp://b", "amqp://a,b"}) {
    EXPECT_EQ(ParseNodes(wrong).status().code(), absl::StatusCode::kInvalidArgument) << wrong;
  }
}

}  // namespace
}  // namespace trellis::amqp
