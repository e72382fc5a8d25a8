#include "mesh/redis/subscriber.h"

#include <gmock/gmock.h>

#include <boost/asio/io_context.hpp>
#include <csignal>

#include "mesh/redis/testing/private_redis.h"

namespace trellis::redis {
namespace {

using base::Deadline;
using base::milliseconds;
using ::testing::Contains;
using ::testing::ElementsAre;
using testing::PrivateRedis;

class SubscriberTest : public ::testing::Test {
 protected:
  void Subscribe(std::vector<std::string> channels, PrivateRedis& redis) {
    ConnectionOptions options;
    options.address = redis.address();
    options.stall_timeout = milliseconds(300);
    options.reconnect = {milliseconds(5), milliseconds(50)};
    subscriber_ = std::make_unique<Subscriber>(
        context_.get_executor(), options, std::move(channels),
        [this](std::string_view channel, std::string_view message) {
          received_.push_back(std::string(channel) + "=" + std::string(message));
        },
        [this](bool subscribed, const std::string& reason) {
          ++(subscribed ? subscribings_ : losses_);
          reason_ = reason;
        },
        milliseconds(50));
  }

  template <typename Condition>
  bool RunUntil(Condition condition) {
    const Deadline deadline = Deadline::After(milliseconds(10'000));
    while (!condition() && !deadline.Expired()) {
      context_.restart();
      context_.run_one_for(milliseconds(5));
    }
    return condition();
  }

  boost::asio::io_context context_{1};
  std::vector<std::string> received_;
  int subscribings_ = 0;
  int losses_ = 0;
  std::string reason_;
  std::unique_ptr<Subscriber> subscriber_;
};

TEST_F(SubscriberTest, GetsTheMessagesOfItsChannelsInOrder) {
  PrivateRedis redis;
  Subscribe({"one", "two"}, redis);
  ASSERT_TRUE(RunUntil([&] { return subscriber_->subscribed(); }));
  EXPECT_EQ(redis.Run({"PUBLISH", "one", "a"}).Integer(), 1);
  EXPECT_EQ(redis.Run({"PUBLISH", "two", "b"}).Integer(), 1);
  EXPECT_EQ(redis.Run({"PUBLISH", "three", "c"}).Integer(), 0);
  EXPECT_EQ(redis.Run({"PUBLISH", "one", "d"}).Integer(), 1);
  ASSERT_TRUE(RunUntil([&] { return received_.size() == 3; }));
  EXPECT_THAT(received_, ElementsAre("one=a", "two=b", "one=d"));
}

TEST_F(SubscriberTest, SubscribesAgainWhenItsConnectionIsKilled) {
  PrivateRedis redis;
  Subscribe({"one"}, redis);
  for (int times = 1; times <= 3; ++times) {
    ASSERT_TRUE(RunUntil([&] { return subscribings_ == times; }));
    EXPECT_EQ(redis.Run({"CLIENT", "KILL", "TYPE", "pubsub"}).Integer(), 1);
    ASSERT_TRUE(RunUntil([&] { return losses_ >= times; }));
    EXPECT_FALSE(subscriber_->subscribed());
  }
  ASSERT_TRUE(RunUntil([&] { return subscribings_ == 4; }));
  (void)redis.Run({"PUBLISH", "one", "a"});
  EXPECT_TRUE(RunUntil([&] { return received_.size() == 1; }));
}

TEST_F(SubscriberTest, SubscribesAgainWhenTheServerIsBack) {
  PrivateRedis redis;
  Subscribe({"one"}, redis);
  ASSERT_TRUE(RunUntil([&] { return subscribings_ == 1; }));
  redis.Kill();
  ASSERT_TRUE(RunUntil([&] { return losses_ > 0; }));
  redis.Start();
  ASSERT_TRUE(RunUntil([&] { return subscribings_ == 2; }));
  (void)redis.Run({"PUBLISH", "one", "a"});
  EXPECT_TRUE(RunUntil([&] { return received_.size() == 1; }));
}

TEST_F(SubscriberTest, ASilentServerIsTakenForGone) {
  PrivateRedis redis;
  Subscribe({"one"}, redis);
  ASSERT_TRUE(RunUntil([&] { return subscribings_ == 1; }));
  redis.process().Signal(SIGSTOP);
  EXPECT_TRUE(RunUntil([&] { return losses_ > 0; }));
  redis.process().Signal(SIGCONT);
  EXPECT_TRUE(RunUntil([&] { return subscribings_ == 2; }));
}

TEST_F(SubscriberTest, IsCutWhenItDoesNotReadAndComesBack) {
  PrivateRedis redis({"--client-output-buffer-limit", "pubsub 65536 0 0"});
  Subscribe({"one"}, redis);
  ASSERT_TRUE(RunUntil([&] { return subscribings_ == 1; }));
  // It reads nothing while the reactor does not run: the kernel's buffers fill up, then Redis' own.
  const std::string message(16 * 1024, 'x');
  int published = 0;
  while (redis.Run({"PUBLISH", "one", message}).Integer() == 1) ASSERT_LT(++published, 10'000);
  EXPECT_GT(published, 4);
  ASSERT_TRUE(RunUntil([&] { return subscribings_ == 2; }));
  (void)redis.Run({"PUBLISH", "one", "a"});
  EXPECT_TRUE(RunUntil([&] { return !received_.empty() && received_.back() == "one=a"; }));
}

TEST_F(SubscriberTest, ExpiredKeysAreHeardOf) {
  PrivateRedis redis({"--notify-keyspace-events", "Ex"});
  Subscribe({"__keyevent@0__:expired"}, redis);
  ASSERT_TRUE(RunUntil([&] { return subscriber_->subscribed(); }));
  (void)redis.Run({"SET", "gen-key:1", "v", "PX", "1"});
  EXPECT_TRUE(RunUntil([&] { return received_.size() == 1; }));
  EXPECT_THAT(received_, Contains("__keyevent@0__:expired=gen-key:1"));
}

TEST_F(SubscriberTest, WhatForbidsTheChannelIsSaid) {
  PrivateRedis redis;
  (void)redis.Run({"ACL", "SETUSER", "default", "resetchannels"});
  Subscribe({"one"}, redis);
  ASSERT_TRUE(RunUntil([&] { return losses_ == 1; }));
  EXPECT_THAT(reason_, ::testing::HasSubstr("NOPERM"));
  EXPECT_FALSE(subscriber_->subscribed());
}

TEST_F(SubscriberTest, CanBeDestroyedAtAnyTime) {
  PrivateRedis redis;
  for (int turns = 0; turns < 60; ++turns) {
    Subscribe({"one"}, redis);
    for (int i = 0; i < turns; ++i) {
      context_.restart();
      context_.run_one_for(milliseconds(2));
    }
    subscriber_.reset();
  }
  context_.restart();
  context_.poll();
}

}  // namespace
}  // namespace trellis::redis
