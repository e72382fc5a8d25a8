#include <gmock/gmock.h>

#include <thread>

#include "mesh/postgres/testing/pool_fixture.h"

namespace trellis::postgres {
namespace {

using absl::StatusCode;
using base::milliseconds;
using base::testing::WaitUntil;
using ::testing::HasSubstr;
using testing::PoolTest;
using testing::Rows;

constexpr char kOthers[] =
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
    " WHERE pid <> pg_backend_pid() AND datname = current_database()";

TEST_F(PoolTest, NobodyThere) {
  PoolOptions options = Options(2);
  options.url = "postgresql://127.0.0.1:" + std::to_string(base::testing::FreePort()) + "/x";
  MakePool(options);
  // The first waits for the attempt, the second hears of it.
  for (int i = 0; i < 2; ++i) {
    const absl::Status status = Execute("SELECT 1");
    EXPECT_EQ(status.code(), StatusCode::kUnavailable);
    EXPECT_THAT(base::MessageOf(status), HasSubstr("cannot connect"));
  }
  EXPECT_TRUE(changes().empty());
}

TEST_F(PoolTest, AUrlThatIsNone) {
  PoolOptions options = Options(1);
  options.url = "postgresql://[::1/x";
  MakePool(options);
  const absl::Status status = Execute("SELECT 1");
  EXPECT_EQ(status.code(), StatusCode::kUnavailable);
  EXPECT_THAT(base::MessageOf(status), HasSubstr("URL"));
}

TEST_F(PoolTest, AnotherDatabaseThanThereIs) {
  PoolOptions options = Options(1);
  options.url = server_.Url("nothing");
  MakePool(options);
  const absl::Status status = Execute("SELECT 1");
  EXPECT_EQ(status.code(), StatusCode::kUnavailable);
  EXPECT_THAT(base::MessageOf(status), HasSubstr("\"nothing\" does not exist"));
}

// What was the primary before a failover goes on answering, and refuses every write.
TEST_F(PoolTest, AServerThatHasBecomeReadOnlyIsLeft) {
  MakePool(1);
  // This session and no other.
  ASSERT_TRUE(Execute("SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY").ok());
  const absl::Status status = Execute("INSERT INTO item VALUES (1, 'one')");
  EXPECT_EQ(status.code(), StatusCode::kUnavailable) << status;
  EXPECT_THAT(base::MessageOf(status), HasSubstr("read-only transaction"));
  EXPECT_TRUE(Execute("INSERT INTO item VALUES (1, 'one')").ok()) << "the connection is a new one";
  ASSERT_TRUE(WaitForChanges(3));
  EXPECT_FALSE(changes()[1].first);
  EXPECT_THAT(changes()[1].second, HasSubstr("read-only transaction"));
}

TEST_F(PoolTest, ServerKilledInATransaction) {
  MakePool(2);
  const absl::Status status = Transact([this](pqxx::transaction_base& transaction) {
    transaction.exec("INSERT INTO item VALUES (1, 'one')");
    server_.Kill();
    transaction.exec("INSERT INTO item VALUES (2, 'two')");
    return absl::OkStatus();
  });
  EXPECT_EQ(status.code(), StatusCode::kUnavailable) << status;
  // All of its connections are lost, and it knows without being asked.
  ASSERT_TRUE(WaitForChanges(2));
  EXPECT_FALSE(changes()[1].first);
  EXPECT_NE(changes()[1].second, "");
  EXPECT_TRUE(WaitUntil([this] { return Execute("SELECT 1").code() == StatusCode::kUnavailable; }));
  server_.Start();
  ASSERT_TRUE(WaitForChanges(3));
  EXPECT_TRUE(changes()[2].first);
  EXPECT_TRUE(Execute("INSERT INTO item VALUES (3, 'three')").ok());
  EXPECT_EQ(Query("SELECT id FROM item"), (Rows{{"3"}}));
}

TEST_F(PoolTest, WorkThatGoesOnAfterALossIsNotCommitted) {
  MakePool(1);
  const absl::Status status = Transact([](pqxx::transaction_base& transaction) {
    for (const char* sql :
         {"INSERT INTO item VALUES (1, 'one')", "SELECT pg_terminate_backend(pg_backend_pid())",
          // pqxx would connect again and run this by itself.
          "INSERT INTO item VALUES (2, 'two')"}) {
      try {
        transaction.exec(sql);
      } catch (const std::exception&) {
      }
    }
    return absl::OkStatus();
  });
  EXPECT_FALSE(status.ok());
  EXPECT_NE(status.code(), StatusCode::kUnknown) << status;
  EXPECT_EQ(Query("SELECT count(*) FROM item"), (Rows{{"0"}}));
}

TEST_F(PoolTest, ConnectionEndedByTheServerInAStatement) {
  MakePool(1);
  const absl::Status status = Execute("SELECT pg_terminate_backend(pg_backend_pid())");
  EXPECT_EQ(status.code(), StatusCode::kUnavailable) << status;
  EXPECT_THAT(base::MessageOf(status), HasSubstr("administrator command"));
  EXPECT_TRUE(Execute("SELECT 1").ok());
}

TEST_F(PoolTest, ConnectionLostInTheCommitIsUnknown) {
  Query(
      "CREATE FUNCTION die() RETURNS trigger LANGUAGE plpgsql AS"
      " $$ BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NULL; END $$;"
      "CREATE CONSTRAINT TRIGGER die AFTER INSERT ON item DEFERRABLE INITIALLY DEFERRED"
      " FOR EACH ROW EXECUTE FUNCTION die()");
  MakePool(1);
  EXPECT_EQ(Execute("INSERT INTO item VALUES (1, 'one')").code(), StatusCode::kUnknown);
  EXPECT_TRUE(Execute("SELECT 1").ok());
}

TEST_F(PoolTest, AStatementIsATransactionByItself) {
  MakePool(1);
  bool alone = false;
  Work work = [&alone](pqxx::transaction_base& transaction) {
    // A transaction begins with its BEGIN, before its first statement.
    alone = transaction.exec1("SELECT now() = statement_timestamp()")[0].as<bool>();
    return absl::OkStatus();
  };
  EXPECT_TRUE(RunStatement(work).ok());
  EXPECT_TRUE(alone);
  EXPECT_TRUE(Transact(work).ok());
  EXPECT_FALSE(alone);
}

TEST_F(PoolTest, WhatAStatementDidStaysWhateverWorkSays) {
  MakePool(1);
  const absl::Status status = RunStatement([](pqxx::transaction_base& transaction) {
    transaction.exec("INSERT INTO item VALUES (1, 'one')");
    return absl::NotFoundError("too late");
  });
  EXPECT_EQ(status.code(), StatusCode::kNotFound);
  EXPECT_EQ(Query("SELECT count(*) FROM item"), (Rows{{"1"}}));
}

TEST_F(PoolTest, ConnectionLostInAStatementByItselfIsUnknown) {
  MakePool(1);
  const auto statement = [](const char* sql) {
    return [sql](pqxx::transaction_base& transaction) {
      transaction.exec(sql);
      return absl::OkStatus();
    };
  };
  EXPECT_EQ(RunStatement(statement("SELECT pg_terminate_backend(pg_backend_pid())")).code(),
            StatusCode::kUnknown);
  EXPECT_TRUE(RunStatement(statement("SELECT 1")).ok());
}

TEST_F(PoolTest, NoticesTheLossOfAnIdleConnection) {
  // One, since of two the first may be back before the second is missed: then there is no change.
  MakePool(1);
  ASSERT_TRUE(WaitForChanges(1));
  EXPECT_TRUE(changes()[0].first);
  Query(kOthers);
  ASSERT_TRUE(WaitForChanges(3));
  EXPECT_FALSE(changes()[1].first);
  EXPECT_THAT(changes()[1].second, HasSubstr("administrator command"));
  EXPECT_TRUE(changes()[2].first);
  EXPECT_TRUE(Execute("SELECT 1").ok());
}

TEST_F(PoolTest, EndsWithCallsUnderWayAndWaiting) {
  MakePool(1);
  Holder holder;
  const Answer held = Begin(holder.work());
  holder.WaitUntilStarted();
  const Answer first = Begin([](pqxx::transaction_base&) { return absl::OkStatus(); });
  const Answer second = Begin([](pqxx::transaction_base&) { return absl::OkStatus(); });
  std::thread end([this] { pool_.reset(); });
  EXPECT_EQ(Await(first).code(), StatusCode::kUnavailable);
  EXPECT_EQ(Await(second).code(), StatusCode::kUnavailable);
  EXPECT_FALSE(held->has_value());
  holder.Release();
  end.join();
  EXPECT_TRUE(Await(held).ok());
}

TEST_F(PoolTest, EndsQuicklyWhileItConnectsToAServerThatStandsStill) {
  MakePool(2);
  ASSERT_TRUE(WaitForChanges(1));
  server_.Freeze();
  PoolOptions options = Options(2);
  options.connect_timeout = milliseconds(60000);
  const auto begin = std::chrono::steady_clock::now();
  {
    ConnectionPool other(options);
    other.Start();
  }
  pool_.reset();
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(5));
}

}  // namespace
}  // namespace trellis::postgres
