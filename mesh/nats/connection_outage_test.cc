// Servers and processes that are killed or stand still.
#include <gtest/gtest.h>

#include <csignal>
#include <mutex>
#include <set>

#include "mesh/nats/testing/connection_fixture.h"

namespace trellis::nats {
namespace {

using absl::StatusCode;
using testing::milliseconds;
using testing::WaitUntil;

class OutageTest : public testing::ConnectionFixture {};

TEST_F(OutageTest, AKilledServerLosesNothingThatItConfirmed) {
  const auto publisher = Connected(Options());
  std::set<std::string> confirmed;
  int next = 0;
  for (int round = 0; round < 3; ++round) {
    // It is killed while messages are under way.
    std::vector<absl::Status> statuses;
    bool answered = false;
    const int first = next;
    next += 3000;
    boost::asio::co_spawn(
        context_,
        publisher->Publish(Numbered(3000, first), base::Deadline::After(milliseconds(20'000))),
        [&](const std::exception_ptr&, std::vector<absl::Status> answers) {
          statuses = std::move(answers);
          answered = true;
        });
    ASSERT_TRUE(WaitUntil([&] {
      context_.restart();
      context_.poll();
      return server_->Messages("EVENTS") > static_cast<int64_t>(confirmed.size());
    }));
    server_->Kill();
    ASSERT_TRUE(WaitUntil([&] {
      context_.restart();
      context_.poll();
      return answered;
    }));
    for (int i = 0; i < 3000; ++i) {
      if (statuses[i].ok()) {
        confirmed.insert(std::to_string(first + i));
      } else {
        EXPECT_EQ(statuses[i].code(), StatusCode::kUnavailable) << statuses[i];
      }
    }
    // Where all were confirmed before it died, nobody has been told of it yet.
    EXPECT_TRUE(WaitUntil([&] { return !publisher->state().connected; }));
    EXPECT_FALSE(publisher->state().detail.empty());
    EXPECT_EQ(Publish(*publisher, Numbered(1))[0].code(), StatusCode::kUnavailable);
    server_->Start();
    ASSERT_TRUE(WaitConnected(*publisher));
  }
  EXPECT_FALSE(confirmed.empty());
  const auto consumer = Connected(Consuming());
  EXPECT_TRUE(WaitUntil(
      [&] {
        const auto batch = Next(*consumer, 100, milliseconds(500));
        for (const Delivery& delivery : batch.value_or(std::vector<Delivery>())) {
          confirmed.erase(delivery.data);
          consumer->Ack({delivery});
        }
        return confirmed.empty();
      },
      milliseconds(20'000)))
      << confirmed.size() << " are lost";
}

TEST_F(OutageTest, WhatWasInHandWhenTheServerDiedComesAgainAndOldAcksDoNothing) {
  const auto connection = Connected(Consuming());
  EXPECT_TRUE(AllOk(Publish(*connection, Numbered(2))));
  const auto held = Take(*connection, 1);
  ASSERT_EQ(held.size(), 1u);
  server_->Kill();
  ASSERT_TRUE(WaitUntil([&] { return !connection->state().connected; }));
  // What was here and not given out is not given out twice.
  EXPECT_EQ(Next(*connection, 1, milliseconds(50)).status().code(), StatusCode::kDeadlineExceeded);
  server_->Start();
  ASSERT_TRUE(WaitConnected(*connection));
  connection->Ack({held[0]});
  const auto again = Take(*connection, 2);
  ASSERT_EQ(again.size(), 2u);
  for (const Delivery& delivery : again) {
    EXPECT_GT(delivery.session, held[0].session);
    connection->Ack({held[0]});
  }
  connection->Flush(base::Deadline::After(milliseconds(5000)));
  EXPECT_EQ(server_->Messages("EVENTS"), 2);
}

TEST_F(OutageTest, AServerThatStandsStillHangsNobodyAndIsNoticed) {
  ConnectionOptions options = Consuming();
  options.ping_interval = milliseconds(200);
  options.call_timeout = milliseconds(1000);
  options.connect_timeout = milliseconds(500);
  auto connection = Connected(options);
  server_->process().Signal(SIGSTOP);
  auto start = std::chrono::steady_clock::now();
  // Late, or lost by the time that it is seen.
  EXPECT_FALSE(Publish(*connection, Numbered(3), milliseconds(300))[2].ok());
  EXPECT_LT(std::chrono::steady_clock::now() - start, milliseconds(2000));
  // More than the socket takes.
  start = std::chrono::steady_clock::now();
  std::vector<Message> many(16'000, {"events", std::string(2000, 'x')});
  const auto statuses = Publish(*connection, std::move(many), milliseconds(400));
  EXPECT_FALSE(statuses.back().ok());
  EXPECT_EQ(Next(*connection, 1, milliseconds(300)).status().code(), StatusCode::kDeadlineExceeded);
  EXPECT_LT(std::chrono::steady_clock::now() - start, milliseconds(2500));
  EXPECT_TRUE(WaitUntil([&] { return !connection->state().connected; }));
  EXPECT_EQ(Publish(*connection, Numbered(1), milliseconds(300))[0].code(),
            StatusCode::kUnavailable);
  // It takes connections and says nothing.
  start = std::chrono::steady_clock::now();
  connection.reset();
  EXPECT_LT(std::chrono::steady_clock::now() - start, milliseconds(5000));
  connection = std::make_unique<Connection>(options);
  connection->Start();
  EXPECT_TRUE(WaitUntil([&] {
    return connection->state().detail.find("cannot connect") != std::string::npos;
  })) << connection->state().detail;
  server_->process().Signal(SIGCONT);
  ASSERT_TRUE(WaitConnected(*connection));
  EXPECT_TRUE(AllOk(Publish(*connection, Numbered(1))));
}

using base::testing::Subprocess;

// A process of its own that takes the messages and says so.
class PeerTest : public OutageTest {
 protected:
  Subprocess& Start(const std::vector<std::string>& arguments) {
    std::vector<std::string> argv = {NATS_TEST_PEER, server_->url()};
    argv.insert(argv.end(), arguments.begin(), arguments.end());
    const std::string output = directory_.File("peer" + std::to_string(peers_.size()));
    peers_.push_back(std::make_unique<Subprocess>(Subprocess::Options{argv, {}, output}));
    peers_.back()->Start();
    return *peers_.back();
  }
  Subprocess& StartHolder(int count) {
    Subprocess& peer = Start({"hold", std::to_string(count)});
    EXPECT_TRUE(WaitUntil([&] { return peer.Output() == "held\n"; })) << peer.Output();
    return peer;
  }

 private:
  base::testing::TempDir directory_;
  std::vector<std::unique_ptr<Subprocess>> peers_;
};

TEST_F(PeerTest, WhatAKilledPublisherWasToldIsConfirmedIsThere) {
  const auto consumer = Connected(Consuming());
  Subprocess& publisher = Start({"publish"});
  ASSERT_TRUE(WaitUntil([&] { return publisher.Output().size() > 100; }));
  publisher.Kill();
  const std::string output = publisher.Output();
  const size_t end = output.rfind('\n');
  const size_t line = output.rfind('\n', end - 1);
  const auto confirmed = std::stoul(output.substr(line + 1, end - line - 1));
  std::set<unsigned long> missing;
  for (unsigned long i = 0; i < confirmed; ++i) missing.insert(i);
  EXPECT_TRUE(WaitUntil([&] {
    const auto batch = Next(*consumer, 100, milliseconds(500));
    for (const Delivery& delivery : batch.value_or(std::vector<Delivery>())) {
      missing.erase(std::stoul(delivery.data));
      consumer->Ack({delivery});
    }
    return missing.empty();
  })) << missing.size();
}

TEST_F(PeerTest, WhatAKilledHolderHadComesAgainAfterTheAckWait) {
  const auto connection = Connected(Consuming());
  connection->StopConsuming();
  EXPECT_TRUE(AllOk(Publish(*connection, Numbered(5))));
  Subprocess& holder = StartHolder(5);
  const auto other = Connected(Consuming());
  EXPECT_EQ(Next(*other, 1, milliseconds(2500)).status().code(), StatusCode::kDeadlineExceeded)
      << "the holder lives";
  holder.Kill();
  const auto taken = Take(*other, 5, milliseconds(2500));
  ASSERT_EQ(taken.size(), 5u);
  for (const Delivery& delivery : taken) EXPECT_EQ(delivery.attempt, 2);
}

TEST_F(PeerTest, AHolderThatStandsStillLosesWhatItHas) {
  const auto other = Connected(Options());
  EXPECT_TRUE(AllOk(Publish(*other, Numbered(1))));
  Subprocess& holder = StartHolder(1);
  holder.Signal(SIGSTOP);
  const auto connection = Connected(Consuming());
  const auto taken = Take(*connection, 1, milliseconds(4000));
  ASSERT_EQ(taken.size(), 1u);
  EXPECT_EQ(taken[0].attempt, 2);
  connection->Ack({taken[0]});
  EXPECT_TRUE(WaitUntil([&] { return server_->Messages("EVENTS") == 0; }));
}

TEST_F(PeerTest, AMessageWhoseHolderDiedEachTimeIsBuried) {
  const auto publisher = Connected(Options());
  EXPECT_TRUE(AllOk(Publish(*publisher, Numbered(1))));
  for (int i = 0; i < 3; ++i) StartHolder(1).Kill();
  EXPECT_EQ(server_->Messages("EVENTS"), 1);
  EXPECT_EQ(server_->Messages("DEAD"), 0);
  const auto connection = Connected(Consuming());
  EXPECT_TRUE(WaitUntil([&] { return server_->Messages("EVENTS") == 0; }));
  EXPECT_EQ(server_->Bodies("DEAD"), std::vector<std::string>{"0"});
}

}  // namespace
}  // namespace trellis::nats
