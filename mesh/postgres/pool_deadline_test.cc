#include <gmock/gmock.h>

#include "mesh/postgres/testing/pool_fixture.h"

namespace trellis::postgres {
namespace {

using absl::StatusCode;
using base::Deadline;
using base::milliseconds;
using ::testing::ElementsAre;
using testing::PoolTest;
using testing::Rows;

class PoolDeadlineTest : public PoolTest {
 protected:
  // How long the call took, in all.
  std::pair<absl::Status, milliseconds> Timed(Work work, milliseconds patience) {
    const auto begin = std::chrono::steady_clock::now();
    absl::Status status = Transact(std::move(work), Deadline::After(patience, begin));
    return {std::move(status),
            std::chrono::duration_cast<milliseconds>(std::chrono::steady_clock::now() - begin)};
  }
};

TEST_F(PoolDeadlineTest, PassedBeforeItIsAsked) {
  MakePool();
  bool ran = false;
  const absl::Status status = Transact(
      [&ran](pqxx::transaction_base&) {
        ran = true;
        return absl::OkStatus();
      },
      Deadline::After(milliseconds(0)));
  EXPECT_EQ(status.code(), StatusCode::kDeadlineExceeded);
  EXPECT_FALSE(ran);
}

TEST_F(PoolDeadlineTest, EndsAStatementAndKeepsTheConnection) {
  MakePool(1);
  ASSERT_TRUE(Execute("SELECT 1").ok());
  const auto [status, took] = Timed(
      [](pqxx::transaction_base& transaction) {
        transaction.exec("INSERT INTO item VALUES (1, 'one')");
        transaction.exec("SELECT pg_sleep(20)");
        return absl::OkStatus();
      },
      milliseconds(300));
  EXPECT_EQ(status.code(), StatusCode::kDeadlineExceeded) << status;
  EXPECT_GE(took, milliseconds(300));
  EXPECT_LT(took, milliseconds(5000));
  EXPECT_EQ(Query("SELECT count(*) FROM item"), (Rows{{"0"}}));
  // The setting is of that transaction only.
  std::string timeout;
  EXPECT_TRUE(Transact(
                  [&timeout](pqxx::transaction_base& transaction) {
                    timeout = transaction.exec1("SHOW statement_timeout")[0].c_str();
                    return absl::OkStatus();
                  },
                  Deadline::Infinite())
                  .ok());
  EXPECT_EQ(timeout, "0");
  EXPECT_THAT(changes(), ElementsAre(std::pair(true, std::string())));
}

TEST_F(PoolDeadlineTest, EndsAStatementThatIsATransactionByItself) {
  MakePool(1);
  const auto run = [this](const std::string& sql, Deadline deadline, std::string* value = nullptr) {
    Work work = [&sql, value](pqxx::transaction_base& transaction) {
      const pqxx::result rows = transaction.exec(sql);
      if (value != nullptr) *value = rows[0][0].c_str();
      return absl::OkStatus();
    };
    return RunStatement(std::move(work), deadline);
  };
  EXPECT_EQ(run("SELECT pg_sleep(20)", Deadline::After(milliseconds(300))).code(),
            StatusCode::kDeadlineExceeded);
  // Each has its own, also one that has none.
  const std::string ask = "SELECT setting FROM pg_settings WHERE name = 'statement_timeout'";
  std::string timeout;
  EXPECT_TRUE(run(ask, Deadline::After(milliseconds(5000)), &timeout).ok());
  EXPECT_GT(std::stoi(timeout), 300);
  EXPECT_LE(std::stoi(timeout), 5000);
  EXPECT_TRUE(run(ask, Deadline::Infinite(), &timeout).ok());
  EXPECT_EQ(timeout, "0");
  EXPECT_THAT(changes(), ElementsAre(std::pair(true, std::string())));
}

TEST_F(PoolDeadlineTest, OfAStatementDoesNotHoldForTheTransactionAfterIt) {
  MakePool(1);
  Work one = [](pqxx::transaction_base& transaction) {
    transaction.exec("SELECT 1");
    return absl::OkStatus();
  };
  EXPECT_TRUE(RunStatement(one, Deadline::After(milliseconds(10'000))).ok());
  std::string timeout;
  Work ask = [&timeout](pqxx::transaction_base& transaction) {
    timeout = transaction.exec1("SHOW statement_timeout")[0].c_str();
    return absl::OkStatus();
  };
  EXPECT_TRUE(Transact(ask, Deadline::Infinite()).ok());
  EXPECT_EQ(timeout, "0");
}

TEST_F(PoolDeadlineTest, PassedInWorkDoesNotCommit) {
  MakePool();
  const Deadline deadline = Deadline::After(milliseconds(100));
  const absl::Status status = Transact(
      [deadline](pqxx::transaction_base& transaction) {
        transaction.exec("INSERT INTO item VALUES (1, 'one')");
        EXPECT_TRUE(base::testing::WaitUntil([deadline] { return deadline.Expired(); }));
        return absl::OkStatus();
      },
      deadline);
  EXPECT_EQ(status.code(), StatusCode::kDeadlineExceeded);
  EXPECT_EQ(Query("SELECT count(*) FROM item"), (Rows{{"0"}}));
}

TEST_F(PoolDeadlineTest, LeavesACommitOpenThatTakesLong) {
  Query(
      "CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS"
      " $$ BEGIN PERFORM pg_sleep(20); RETURN NULL; END $$;"
      "CREATE CONSTRAINT TRIGGER slow AFTER INSERT ON item DEFERRABLE INITIALLY DEFERRED"
      " FOR EACH ROW EXECUTE FUNCTION slow()");
  MakePool(1);
  ASSERT_TRUE(Execute("SELECT 1").ok());
  const auto [status, took] = Timed(
      [](pqxx::transaction_base& transaction) {
        transaction.exec("INSERT INTO item VALUES (1, 'one')");
        return absl::OkStatus();
      },
      milliseconds(2000));
  EXPECT_EQ(status.code(), StatusCode::kUnknown) << status;
  EXPECT_LT(took, milliseconds(15000));
}

TEST_F(PoolDeadlineTest, PassedInTheQueue) {
  MakePool(1);
  Holder holder;
  const Answer held = Begin(holder.work());
  holder.WaitUntilStarted();
  bool ran = false;
  const auto [status, took] = Timed(
      [&ran](pqxx::transaction_base&) {
        ran = true;
        return absl::OkStatus();
      },
      milliseconds(100));
  EXPECT_EQ(status.code(), StatusCode::kDeadlineExceeded);
  EXPECT_LT(took, milliseconds(3000));
  EXPECT_FALSE(held->has_value());
  holder.Release();
  EXPECT_TRUE(Await(held).ok());
  EXPECT_TRUE(Execute("SELECT 1").ok());
  EXPECT_FALSE(ran);
}

TEST_F(PoolDeadlineTest, HoldsWhenTheServerStandsStill) {
  MakePool(1);
  ASSERT_TRUE(Execute("SELECT 1").ok());
  const auto [status, took] = Timed(
      [this](pqxx::transaction_base& transaction) {
        transaction.exec("INSERT INTO item VALUES (1, 'one')");
        server_.Freeze();
        transaction.exec("INSERT INTO item VALUES (2, 'two')");
        return absl::OkStatus();
      },
      milliseconds(2000));
  EXPECT_EQ(status.code(), StatusCode::kDeadlineExceeded) << status;
  EXPECT_LT(took, milliseconds(15000));
  // It tells the truth: there is no connection, and one cannot be had.
  EXPECT_TRUE(WaitForChanges(2));
  server_.Thaw();
  EXPECT_TRUE(WaitForChanges(3));
  EXPECT_EQ(Query("SELECT count(*) FROM item"), (Rows{{"0"}}));
  EXPECT_TRUE(Execute("INSERT INTO item VALUES (3, 'three')").ok());
}

TEST_F(PoolDeadlineTest, LeavesTheCommitOpenWhenTheServerStandsStillInIt) {
  MakePool(1);
  ASSERT_TRUE(Execute("SELECT 1").ok());
  const auto [status, took] = Timed(
      [this](pqxx::transaction_base& transaction) {
        transaction.exec("INSERT INTO item VALUES (1, 'one')");
        server_.Freeze();
        return absl::OkStatus();
      },
      milliseconds(2000));
  EXPECT_EQ(status.code(), StatusCode::kUnknown) << status;
  EXPECT_LT(took, milliseconds(15000));
}

}  // namespace
}  // namespace trellis::postgres
