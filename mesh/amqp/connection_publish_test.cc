#include <gtest/gtest.h>

#include <atomic>
#include <boost/asio/detached.hpp>
#include <set>
#include <thread>

#include "mesh/amqp/connection.h"
#include "mesh/amqp/testing/shared_server.h"

namespace trellis::amqp {
namespace {

namespace asio = boost::asio;
using base::Deadline;
using base::milliseconds;
using testing::WaitUntil;

class PublishTest : public testing::SharedServerTest {
 protected:
  // Publishes all of them at once; the answers in their order.
  std::vector<absl::Status> PublishAll(Connection& connection, int count, std::string key = "key") {
    std::vector<absl::Status> answers(static_cast<size_t>(count), absl::UnknownError("none"));
    int answered = 0;
    for (int i = 0; i < count; ++i) {
      Message message = MessageWith("message " + std::to_string(i));
      message.routing_key = key;
      asio::co_spawn(context_,
                     connection.Publish(std::move(message), Deadline::After(milliseconds(20'000))),
                     [&answers, &answered, i](std::exception_ptr, absl::Status status) {
                       answers[static_cast<size_t>(i)] = std::move(status);
                       ++answered;
                     });
    }
    context_.restart();
    while (answered < count) context_.run_one_for(milliseconds(100));
    return answers;
  }
};

TEST_F(PublishTest, ArrivesAsItWasPublished) {
  Connection connection(Consuming());
  connection.Start();
  ASSERT_TRUE(WaitConnected(connection));
  Message message = MessageWith(std::string("bytes \0\xff\r\n", 10));
  message.message_id = "0190-abc";
  message.content_type = "application/x-test";
  message.headers = {{"x-request-id", "r1"}, {"traceparent", "00-1-2-01"}, {"empty", ""}};
  ASSERT_TRUE(Publish(connection, message).ok());
  const auto delivery = Next(connection);
  ASSERT_TRUE(delivery.ok()) << delivery.status();
  EXPECT_EQ(delivery->message.exchange, exchange_);
  EXPECT_EQ(delivery->message.routing_key, "key");
  EXPECT_EQ(delivery->message.message_id, message.message_id);
  EXPECT_EQ(delivery->message.content_type, message.content_type);
  EXPECT_EQ(delivery->message.headers, message.headers);
  EXPECT_EQ(delivery->message.body, message.body);
  EXPECT_EQ(delivery->delivery_count, 0);
}

TEST_F(PublishTest, BodiesOfAllSizesArrive) {
  Connection connection(Consuming());
  connection.Start();
  ASSERT_TRUE(WaitConnected(connection));
  // None, and around the limits of one and of two frames.
  for (const size_t size : {size_t{0}, size_t{131063}, size_t{131064}, size_t{131065},
                            size_t{262128}, size_t{262129}, size_t{3'000'000}}) {
    std::string body(size, '\0');
    for (size_t i = 0; i < size; ++i) body[i] = static_cast<char>(i * 31 + i / 251);
    Message message = MessageWith("");
    message.body = body;
    ASSERT_TRUE(Publish(connection, message).ok()) << size;
    const auto delivery = Next(connection);
    ASSERT_TRUE(delivery.ok()) << delivery.status() << " for " << size;
    EXPECT_TRUE(delivery->message.body == body) << size;
    connection.Ack(*delivery);
  }
}

TEST_F(PublishTest, UnroutableIsNotFound) {
  Connection connection(Options());
  connection.Start();
  ASSERT_TRUE(WaitConnected(connection));
  Message message = MessageWith("nowhere");
  message.routing_key = "other";
  const absl::Status status = Publish(connection, message);
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound) << status;
  EXPECT_NE(base::MessageOf(status).find("other"), std::string::npos) << status;
  EXPECT_TRUE(Publish(connection, MessageWith("somewhere")).ok());
}

TEST_F(PublishTest, UnroutableOnesAreToldFromTheOthersOfTheSameCrowd) {
  Connection connection(Options());
  connection.Start();
  ASSERT_TRUE(WaitConnected(connection));
  constexpr int kMessages = 500;
  int right = 0, answered = 0;
  for (int i = 0; i < kMessages; ++i) {
    Message message = MessageWith("body");  // the same id for all of them
    message.routing_key = i % 3 == 0 ? "other" : "key";
    asio::co_spawn(context_,
                   connection.Publish(std::move(message), Deadline::After(milliseconds(20'000))),
                   [&, i](std::exception_ptr, absl::Status status) {
                     right += status.ok() == (i % 3 != 0);
                     ++answered;
                   });
  }
  while (answered < kMessages) context_.run_one_for(milliseconds(100));
  EXPECT_EQ(right, kMessages);
  EXPECT_EQ(server().Ready(queue_), kMessages - (kMessages + 2) / 3);
}

TEST_F(PublishTest, TenThousandAtOnceAreAllConfirmed) {
  ConnectionOptions options = Options();
  options.max_unconfirmed = 10'000;
  Connection connection(std::move(options));
  connection.Start();
  ASSERT_TRUE(WaitConnected(connection));
  const auto start = std::chrono::steady_clock::now();
  const std::vector<absl::Status> answers = PublishAll(connection, 10'000);
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
  RecordProperty("per_second", static_cast<int>(10'000 / took.count()));
  for (const absl::Status& answer : answers) ASSERT_TRUE(answer.ok()) << answer;
  EXPECT_TRUE(testing::WaitUntil([&] { return server().Ready(queue_) == 10'000; }));
}

TEST_F(PublishTest, TooManyUnconfirmedAreRefused) {
  ConnectionOptions options = Options();
  options.max_unconfirmed = 10;
  Connection connection(std::move(options));
  connection.Start();
  ASSERT_TRUE(WaitConnected(connection));
  // All are asked for in one turn of the reactor, so none is answered before the last one asks.
  std::map<absl::StatusCode, int> codes;
  for (const absl::Status& answer : PublishAll(connection, 1000)) ++codes[answer.code()];
  EXPECT_GE(codes[absl::StatusCode::kOk], 10);
  EXPECT_GT(codes[absl::StatusCode::kResourceExhausted], 0);
  EXPECT_EQ(codes.size(), 2u);
  // Each gave its place back.
  for (const absl::Status& answer : PublishAll(connection, 10)) EXPECT_TRUE(answer.ok()) << answer;
  for (const absl::Status& answer : PublishAll(connection, 10, "other")) {
    EXPECT_EQ(answer.code(), absl::StatusCode::kNotFound);
  }
  for (const absl::Status& answer : PublishAll(connection, 10)) EXPECT_TRUE(answer.ok()) << answer;
}

TEST_F(PublishTest, WhatAmqpCannotCarryIsRefusedAndHarmsNobody) {
  Connection connection(Options());
  connection.Start();
  ASSERT_TRUE(WaitConnected(connection));
  Message message = MessageWith("x");
  message.routing_key = std::string(256, 'k');
  EXPECT_EQ(Publish(connection, message).code(), absl::StatusCode::kInvalidArgument);
  message = MessageWith("x");
  message.headers["big"] = std::string(200'000, 'h');
  EXPECT_EQ(Publish(connection, message).code(), absl::StatusCode::kInvalidArgument);
  message.headers.clear();
  for (int i = 0; i < 20'000; ++i) message.headers["h" + std::to_string(i)] = "";
  EXPECT_EQ(Publish(connection, message).code(), absl::StatusCode::kInvalidArgument);
  EXPECT_TRUE(Publish(connection, MessageWith("x")).ok());
}

TEST_F(PublishTest, ARefusedMessageIsUnavailable) {
  ConnectionOptions options = Options();
  options.topology.queues.front().arguments = {
      {"x-queue-type", "quorum"}, {"x-max-length", int64_t{1}}, {"x-overflow", "reject-publish"}};
  Connection connection(std::move(options));
  connection.Start();
  ASSERT_TRUE(WaitConnected(connection));
  // The limit of a quorum queue is approximate.
  EXPECT_TRUE(testing::WaitUntil([&] {
    return Publish(connection, MessageWith("x")).code() == absl::StatusCode::kUnavailable;
  }));
  EXPECT_TRUE(connection.state().connected);
}

TEST_F(PublishTest, ABrokerThatRefusesEverythingIsLeftForANewConnection) {
  ConnectionOptions options = Options();
  options.topology.queues.front().arguments = {
      {"x-queue-type", "quorum"}, {"x-max-length", int64_t{1}}, {"x-overflow", "reject-publish"}};
  std::atomic<int> losses = 0;
  std::atomic<bool> refusals_lost_it = false;
  Connection connection(std::move(options));
  connection.set_on_change([&](const ConnectionState& state) {
    if (state.connected) return;
    ++losses;
    refusals_lost_it = state.detail.find("refused all messages") != std::string::npos;
  });
  connection.Start();
  ASSERT_TRUE(WaitConnected(connection));
  ASSERT_TRUE(WaitUntil([&] {
    return Publish(connection, MessageWith("a")).code() == absl::StatusCode::kUnavailable;
  }));
  EXPECT_TRUE(WaitUntil([&] { return losses == 1; }));
  EXPECT_TRUE(refusals_lost_it);
  EXPECT_TRUE(WaitConnected(connection));
}

TEST_F(PublishTest, OneThatTakesOthersIsKept) {
  ConnectionOptions options = Options();
  options.topology.queues.front().arguments = {
      {"x-queue-type", "quorum"}, {"x-max-length", int64_t{1}}, {"x-overflow", "reject-publish"}};
  std::atomic<int> losses = 0;
  Connection connection(std::move(options));
  connection.set_on_change([&](const ConnectionState& state) { losses += !state.connected; });
  connection.Start();
  ASSERT_TRUE(WaitConnected(connection));
  Message other = MessageWith("other");
  other.exchange = dead_exchange_;
  const Deadline end = Deadline::After(milliseconds(1500));
  bool refused = false;
  while (!end.Expired()) {
    refused = Publish(connection, MessageWith("a")).code() == absl::StatusCode::kUnavailable;
    ASSERT_TRUE(Publish(connection, other).ok());
  }
  EXPECT_TRUE(refused);
  EXPECT_EQ(losses, 0);
}

TEST_F(PublishTest, NothingIsSentWithoutAConnectionOrTime) {
  Connection connection(Options());
  EXPECT_EQ(Publish(connection, MessageWith("early")).code(), absl::StatusCode::kUnavailable);
  connection.Start();
  ASSERT_TRUE(WaitConnected(connection));
  EXPECT_EQ(Publish(connection, MessageWith("late"), milliseconds(0)).code(),
            absl::StatusCode::kDeadlineExceeded);
  EXPECT_EQ(server().Ready(queue_), 0);
}

TEST_F(PublishTest, CallersGoOnWhereTheyWere) {
  Connection connection(Options());
  connection.Start();
  ASSERT_TRUE(WaitConnected(connection));
  std::set<std::thread::id> threads;
  const auto publish = [&]() -> asio::awaitable<absl::Status> {
    absl::Status status = absl::OkStatus();
    for (int i = 0; i < 10 && status.ok(); ++i) {
      status = co_await connection.Publish(MessageWith("x"), Deadline::After(milliseconds(9000)));
      threads.insert(std::this_thread::get_id());
    }
    co_return status;
  };
  EXPECT_TRUE(base::testing::RunCoroutine(context_, publish()).ok());
  EXPECT_EQ(threads, std::set<std::thread::id>{std::this_thread::get_id()});
}

}  // namespace
}  // namespace trellis::amqp
