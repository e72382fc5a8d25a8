#include "mesh/postgres/listener.h"

#include <gmock/gmock.h>

#include <atomic>

#include "mesh/postgres/testing/private_postgres.h"

namespace trellis::postgres {
namespace {

using base::testing::WaitUntil;
using testing::PrivatePostgres;
using testing::Rows;

class ListenerTest : public ::testing::Test {
 protected:
  ListenerTest() : server_(PrivatePostgres::Shared()) {
    server_.Start();
    url_ = server_.CreateDatabase();
  }
  ~ListenerTest() override {
    if (server_.process().running()) server_.Thaw();
  }

  std::function<void()> Count() {
    return [this] { ++calls_; };
  }
  bool WaitForCalls(int at_least) {
    return WaitUntil([this, at_least] { return calls_ >= at_least; });
  }
  void Notify(const std::string& channel) const {
    PrivatePostgres::Query(url_, "NOTIFY " + channel + ", 'payload'");
  }

  PrivatePostgres& server_;
  std::string url_;
  std::atomic<int> calls_ = 0;
};

TEST_F(ListenerTest, IsCalledAfterTheConnectAndForEachNotification) {
  const Listener listener(url_, "Some channel", Count());
  ASSERT_TRUE(WaitForCalls(1));
  for (int i = 2; i < 5; ++i) {
    Notify("\"Some channel\"");
    ASSERT_TRUE(WaitForCalls(i));
  }
  // Another's does not count: the next call is that of the one after it.
  Notify("other");
  Notify("\"Some channel\"");
  ASSERT_TRUE(WaitForCalls(5));
  EXPECT_EQ(calls_, 5);
}

TEST_F(ListenerTest, ListensAgainAfterALoss) {
  const Listener listener(url_, "news", Count());
  ASSERT_TRUE(WaitForCalls(1));
  PrivatePostgres::Query(url_,
                         "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                         " WHERE pid <> pg_backend_pid() AND datname = current_database()");
  ASSERT_TRUE(WaitForCalls(2));
  Notify("news");
  ASSERT_TRUE(WaitForCalls(3));
}

TEST_F(ListenerTest, ListensAgainAfterAnOutage) {
  const Listener listener(url_, "news", Count());
  ASSERT_TRUE(WaitForCalls(1));
  server_.Kill();
  server_.Start();
  ASSERT_TRUE(WaitForCalls(2));
  Notify("news");
  ASSERT_TRUE(WaitForCalls(3));
}

TEST_F(ListenerTest, ACallbackThatThrowsDoesNotEndIt) {
  const Listener listener(url_, "news", [this] {
    if (++calls_ == 1) throw std::runtime_error("a bug");
  });
  ASSERT_TRUE(WaitForCalls(2));
  Notify("news");
  ASSERT_TRUE(WaitForCalls(3));
}

TEST_F(ListenerTest, EndsQuickly) {
  const auto timed = [this](const std::string& url, bool wait) {
    std::chrono::steady_clock::time_point begin;
    {
      calls_ = 0;
      const Listener listener(url, "news", Count());
      EXPECT_TRUE(!wait || WaitForCalls(1));
      begin = std::chrono::steady_clock::now();
    }
    return std::chrono::steady_clock::now() - begin;
  };
  EXPECT_LT(timed(url_, true), std::chrono::seconds(1));
  EXPECT_LT(timed("postgresql://127.0.0.1:" + std::to_string(base::testing::FreePort()), false),
            std::chrono::seconds(1));
  // Also while it connects to a server that stands still.
  server_.Freeze();
  EXPECT_LT(timed(url_, false), std::chrono::seconds(1));
}

}  // namespace
}  // namespace trellis::postgres
