#include "mesh/redis/connection.h"

#include <gmock/gmock.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <csignal>
#include <optional>

#include "mesh/base/testing/run.h"
#include "mesh/redis/script.h"
#include "mesh/redis/testing/private_redis.h"

namespace trellis::redis {
namespace {

namespace asio = boost::asio;
using base::Deadline;
using base::milliseconds;
using base::testing::RunCoroutine;
using testing::PrivateRedis;

class ConnectionTest : public ::testing::Test {
 protected:
  // Longer than this Redis, which waits for the disk, is ever silent.
  ConnectionOptions Options(milliseconds stall_timeout = milliseconds(5000)) {
    ConnectionOptions options;
    options.address = redis_.address();
    options.stall_timeout = stall_timeout;
    return options;
  }

  // Lets the reactor run until the connection is as wanted.
  bool WaitConnected(const Connection& connection, bool wanted = true) {
    const Deadline deadline = Deadline::After(milliseconds(5000));
    while (connection.connected() != wanted && !deadline.Expired()) {
      context_.run_one_for(milliseconds(10));
      if (context_.stopped()) context_.restart();
    }
    return connection.connected() == wanted;
  }

  absl::StatusOr<Reply> Execute(Connection& connection, Command command,
                                milliseconds patience = milliseconds(5000)) {
    return RunCoroutine(context_,
                        connection.Execute(std::move(command), Deadline::After(patience)));
  }

  PrivateRedis redis_;
  asio::io_context context_{1};
};

TEST_F(ConnectionTest, AnswersWithWhatRedisSays) {
  Connection connection(context_.get_executor(), Options());
  ASSERT_TRUE(WaitConnected(connection));
  EXPECT_EQ(Execute(connection, Command("SET", "key", "value"))->Text(), "OK");
  EXPECT_EQ(Execute(connection, Command("GET", "key"))->Text(), "value");
  EXPECT_TRUE(Execute(connection, Command("GET", "other"))->IsNil());
  EXPECT_EQ(Execute(connection, Command("INCR", "key")).status().code(),
            absl::StatusCode::kInternal);
  EXPECT_GT(connection.client_id(), 0);
}

TEST_F(ConnectionTest, CommandsOfOneTurnAreAnsweredInOrder) {
  Connection connection(context_.get_executor(), Options());
  ASSERT_TRUE(WaitConnected(connection));
  std::vector<int64_t> answers;
  for (int i = 0; i < 100; ++i) {
    asio::co_spawn(context_,
                   connection.Execute(Command("INCR", "n"), Deadline::After(milliseconds(5000))),
                   [&answers](std::exception_ptr, absl::StatusOr<Reply> reply) {
                     answers.push_back(reply->Integer());
                   });
  }
  (void)Execute(connection, Command("PING"));
  ASSERT_EQ(answers.size(), 100u);
  for (int i = 0; i < 100; ++i) EXPECT_EQ(answers[static_cast<size_t>(i)], i + 1);
}

TEST_F(ConnectionTest, ExpiredDeadlineSendsNothing) {
  Connection connection(context_.get_executor(), Options());
  ASSERT_TRUE(WaitConnected(connection));
  EXPECT_EQ(Execute(connection, Command("SET", "k", "v"), milliseconds(0)).status().code(),
            absl::StatusCode::kDeadlineExceeded);
  EXPECT_TRUE(redis_.Run({"GET", "k"}).IsNil());
}

TEST_F(ConnectionTest, KilledServerFailsWhatIsUnderWayAndComesBack) {
  Connection connection(context_.get_executor(), Options());
  ASSERT_TRUE(WaitConnected(connection));
  const uint64_t generation = connection.generation();
  redis_.Kill();
  ASSERT_TRUE(WaitConnected(connection, false));
  EXPECT_EQ(Execute(connection, Command("PING")).status().code(), absl::StatusCode::kUnavailable);
  redis_.Start();
  ASSERT_TRUE(WaitConnected(connection));
  EXPECT_EQ(Execute(connection, Command("PING"))->Text(), "PONG");
  EXPECT_EQ(connection.generation(), generation + 1);
}

TEST_F(ConnectionTest, StoppedServerIsTakenForHalfOpen) {
  Connection connection(context_.get_executor(), Options(milliseconds(1000)));
  ASSERT_TRUE(WaitConnected(connection));
  redis_.process().Signal(SIGSTOP);
  EXPECT_EQ(Execute(connection, Command("PING"), milliseconds(50)).status().code(),
            absl::StatusCode::kDeadlineExceeded);
  EXPECT_TRUE(connection.connected()) << "one late answer is no reason to reconnect";
  EXPECT_EQ(Execute(connection, Command("PING"), milliseconds(10'000)).status().code(),
            absl::StatusCode::kUnavailable);
  redis_.process().Signal(SIGCONT);
  ASSERT_TRUE(WaitConnected(connection));
  EXPECT_EQ(Execute(connection, Command("PING"))->Text(), "PONG");
}

TEST_F(ConnectionTest, LateAnswerIsNotGivenToTheNextCommand) {
  Connection connection(context_.get_executor(), Options());
  ASSERT_TRUE(WaitConnected(connection));
  (void)redis_.Run({"CLIENT", "PAUSE", "1500"});
  EXPECT_EQ(Execute(connection, Command("ECHO", "first"), milliseconds(500)).status().code(),
            absl::StatusCode::kDeadlineExceeded);
  EXPECT_EQ(Execute(connection, Command("ECHO", "second"), milliseconds(10'000))->Text(), "second");
}

TEST_F(ConnectionTest, BlockingConnectionWaitsLongerThanTheStallTimeout) {
  Connection connection(context_.get_executor(), Options(milliseconds(300)),
                        ConnectionMode::kBlocking);
  ASSERT_TRUE(WaitConnected(connection));
  EXPECT_TRUE(Execute(connection, Command("BLPOP", "none", "0.5"))->IsNil());
  EXPECT_EQ(Execute(connection, Command("BLPOP", "none", "5"), milliseconds(50)).status().code(),
            absl::StatusCode::kDeadlineExceeded);
  ASSERT_TRUE(WaitConnected(connection));
}

TEST_F(ConnectionTest, WrongPasswordIsSaid) {
  ConnectionOptions options = Options();
  options.password = "wrong";
  Connection connection(context_.get_executor(), options);
  EXPECT_FALSE(RunCoroutine(context_, [](Connection& c) -> asio::awaitable<bool> {
    for (int i = 0; i < 100 && !c.connected(); ++i) {
      auto reply = co_await c.Execute(Command("PING"), Deadline::After(milliseconds(100)));
      if (base::MessageOf(reply.status()).find("AUTH") != std::string::npos) co_return false;
      co_await asio::post(co_await asio::this_coro::executor, asio::use_awaitable);
      base::testing::Pause();
    }
    co_return true;
  }(connection)));
}

TEST_F(ConnectionTest, ScriptIsLoadedWhenRedisHasForgottenIt) {
  Connection connection(context_.get_executor(), Options());
  ASSERT_TRUE(WaitConnected(connection));
  const Script script("return redis.call('INCRBY', KEYS[1], ARGV[1])");
  const auto run = [&] {
    return RunCoroutine(context_, script.Run(connection, script.Call(1).Arg("n").Arg(5),
                                             Deadline::After(milliseconds(5000))));
  };
  EXPECT_EQ(run()->Integer(), 5);
  EXPECT_EQ(run()->Integer(), 10);
  (void)redis_.Run({"SCRIPT", "FLUSH"});
  EXPECT_EQ(run()->Integer(), 15);
}

// Keeps what a batch came to where the test can see it.
class Kept final : public ReplySink {
 public:
  struct Batch {
    std::vector<std::string> replies;
    std::optional<absl::Status> end;
  };
  explicit Kept(Batch* batch) : batch_(batch) {}
  void OnReply(Reply reply) override { batch_->replies.emplace_back(reply.Text()); }
  void OnEnd(absl::Status status) override { batch_->end = std::move(status); }

 private:
  Batch* const batch_;
};

std::string Wire(const std::vector<Command>& commands) {
  std::string wire;
  for (const Command& command : commands) command.AppendTo(&wire);
  return wire;
}

TEST_F(ConnectionTest, BatchHasEveryAnswerAndOneEnd) {
  Connection connection(context_.get_executor(), Options());
  Kept::Batch batch;
  const std::string wire =
      Wire({Command("SET", "k", "v"), Command("INCR", "k"), Command("GET", "k")});
  EXPECT_EQ(
      connection.Send(wire, 3, Deadline::After(milliseconds(5000)), std::make_unique<Kept>(&batch))
          .code(),
      absl::StatusCode::kUnavailable)
      << "not connected yet";
  ASSERT_TRUE(WaitConnected(connection));
  ASSERT_TRUE(
      connection.Send(wire, 3, Deadline::After(milliseconds(5000)), std::make_unique<Kept>(&batch))
          .ok());
  EXPECT_EQ(connection.outstanding(), 3u);
  EXPECT_EQ(Execute(connection, Command("ECHO", "after"))->Text(), "after");
  ASSERT_EQ(batch.replies.size(), 3u);
  EXPECT_EQ(batch.replies[0], "OK");
  EXPECT_EQ(batch.replies[1].substr(0, 3), "ERR") << "an error is an answer";
  EXPECT_EQ(batch.replies[2], "v");
  EXPECT_TRUE(batch.end->ok());
  EXPECT_EQ(connection.outstanding(), 0u);
}

TEST_F(ConnectionTest, LateRestOfABatchIsNotGivenToTheNextCommand) {
  Connection connection(context_.get_executor(), Options());
  ASSERT_TRUE(WaitConnected(connection));
  Kept::Batch batch;
  const std::string wire = Wire({Command("ECHO", "first"), Command("CLIENT", "PAUSE", "1500"),
                                 Command("ECHO", "second"), Command("ECHO", "third")});
  ASSERT_TRUE(
      connection.Send(wire, 4, Deadline::After(milliseconds(500)), std::make_unique<Kept>(&batch))
          .ok());
  EXPECT_EQ(Execute(connection, Command("ECHO", "after"), milliseconds(10'000))->Text(), "after");
  ASSERT_TRUE(batch.end.has_value());
  EXPECT_EQ(batch.end->code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_THAT(batch.replies, ::testing::ElementsAre("first", "OK"));
}

TEST_F(ConnectionTest, GreetingIsAnsweredBeforeTheConnectionCounts) {
  ConnectionOptions options = Options();
  std::vector<std::string> heard;
  options.greeting.emplace_back("INFO", "server");
  options.greeting.emplace_back("ECHO", "hello");
  options.on_greeting = [&](const std::vector<Reply>& answers) {
    for (const Reply& answer : answers) heard.emplace_back(answer.Text());
  };
  Connection connection(context_.get_executor(), options);
  ASSERT_TRUE(WaitConnected(connection));
  ASSERT_EQ(heard.size(), 2u);
  EXPECT_THAT(heard[0], ::testing::HasSubstr("run_id:"));
  EXPECT_EQ(heard[1], "hello");
  EXPECT_GT(connection.client_id(), 0);
}

TEST_F(ConnectionTest, RefusedGreetingIsNoConnection) {
  ConnectionOptions options = Options();
  options.greeting.emplace_back("NOSUCHCOMMAND");
  Connection connection(context_.get_executor(), options);
  EXPECT_TRUE(base::testing::WaitUntil([&] {
    context_.run_for(milliseconds(5));
    return connection.reason().find("NOSUCHCOMMAND") != std::string::npos;
  }));
  EXPECT_FALSE(connection.connected());
}

}  // namespace
}  // namespace trellis::redis
