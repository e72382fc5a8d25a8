#include "mesh/postgres/pool.h"

#include <gmock/gmock.h>

#include <barrier>

#include "mesh/postgres/testing/pool_fixture.h"

namespace trellis::postgres {
namespace {

using absl::StatusCode;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::PoolTest;
using testing::Rows;

TEST_F(PoolTest, CommitsWhatWorkCallsOk) {
  MakePool();
  EXPECT_TRUE(Transact([](pqxx::transaction_base& transaction) {
                transaction.exec_params("INSERT INTO item VALUES ($1, $2)", 1, "one");
                transaction.exec("INSERT INTO item VALUES (2, 'two')");
                return absl::OkStatus();
              }).ok());
  EXPECT_EQ(Query("SELECT * FROM item ORDER BY id"), (Rows{{"1", "one"}, {"2", "two"}}));
}

TEST_F(PoolTest, GivesTheResultOfWork) {
  MakePool();
  const absl::StatusOr<int> result = base::testing::RunCoroutine(
      context_, TransactFor<int>(
                    *pool_,
                    [](pqxx::transaction_base& transaction) -> absl::StatusOr<int> {
                      return transaction.exec1("SELECT 40 + 2")[0].as<int>();
                    },
                    base::Deadline::Infinite()));
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(*result, 42);
}

TEST_F(PoolTest, RollsBackWhatWorkRefuses) {
  MakePool();
  const absl::Status status = Transact([](pqxx::transaction_base& transaction) {
    transaction.exec("INSERT INTO item VALUES (1, 'one')");
    return absl::NotFoundError("no such thing");
  });
  EXPECT_EQ(status.code(), StatusCode::kNotFound);
  EXPECT_EQ(status.message(), "no such thing");
  EXPECT_EQ(Query("SELECT count(*) FROM item"), (Rows{{"0"}}));
}

TEST_F(PoolTest, IsReadCommittedWhateverTheDefaultIs) {
  Query("ALTER DATABASE " + url_.substr(url_.rfind('/') + 1) +
        " SET default_transaction_isolation = 'serializable'");
  MakePool();
  std::string level;
  EXPECT_TRUE(Transact([&level](pqxx::transaction_base& transaction) {
                level = transaction.exec1("SHOW transaction_isolation")[0].c_str();
                return absl::OkStatus();
              }).ok());
  EXPECT_EQ(level, "read committed");
}

TEST_F(PoolTest, SaysWhoItIsUnlessTheUrlDoes) {
  PoolOptions options = Options(1);
  options.application_name = "unit \\ test's";
  MakePool(options);
  std::string name;
  const Work ask = [&name](pqxx::transaction_base& transaction) {
    name = transaction.exec1("SHOW application_name")[0].c_str();
    return absl::OkStatus();
  };
  EXPECT_TRUE(Transact(ask).ok());
  EXPECT_EQ(name, "unit \\ test's");

  options.url += "?application_name=another";
  MakePool(options);
  EXPECT_TRUE(Transact(ask).ok());
  EXPECT_EQ(name, "another");
}

TEST_F(PoolTest, NamesTheConstraintOfWhatIsThereAlready) {
  MakePool();
  ASSERT_TRUE(Execute("INSERT INTO item VALUES (1, 'one')").ok());
  const absl::Status status = Execute("INSERT INTO item VALUES (1, 'other')");
  EXPECT_EQ(status.code(), StatusCode::kAlreadyExists);
  EXPECT_THAT(base::MessageOf(status), HasSubstr("\"item_pkey\""));
  EXPECT_EQ(ConstraintOf(status), "item_pkey");
  // The values of rows are not for those who read logs.
  EXPECT_EQ(base::MessageOf(status).find("(1)"), std::string::npos);
}

TEST_F(PoolTest, MapsErrorsOfSql) {
  MakePool();
  const struct {
    const char* sql;
    StatusCode code;
    const char* says;
  } cases[] = {
      {"INSERT INTO item VALUES (1, 'bad')", StatusCode::kInvalidArgument, "item_name_check"},
      {"INSERT INTO item VALUES (1, NULL)", StatusCode::kInvalidArgument, "name"},
      {"SELECT 'x'::int", StatusCode::kInvalidArgument, "invalid input syntax"},
      {"SELECT 1 / 0", StatusCode::kInvalidArgument, "division by zero"},
      {"SELECT E'\\xff'", StatusCode::kInvalidArgument, "UTF8"},
      {"SELECT * FROM nothing", StatusCode::kInternal, "42P01"},
      {"SELEKT", StatusCode::kInternal, "42601"},
      {"DO $$ BEGIN RAISE EXCEPTION 'mine'; END $$", StatusCode::kInternal, "mine"},
      {"SELECT pg_cancel_backend(pg_backend_pid()), pg_sleep(5)", StatusCode::kInternal,
       "user request"},
  };
  for (const auto& test : cases) {
    const absl::Status status = Execute(test.sql);
    EXPECT_EQ(status.code(), test.code) << test.sql << ": " << status;
    EXPECT_THAT(base::MessageOf(status), HasSubstr(test.says));
  }
  EXPECT_EQ(ConstraintOf(Execute("INSERT INTO item VALUES (1, 'bad')")), "item_name_check");
}

// Those of a server that is in trouble are nobody's fault and may pass.
TEST_F(PoolTest, MapsErrorsThatAreTheServersOwn) {
  MakePool(1);
  const struct {
    const char* sqlstate;
    StatusCode code;
    bool keeps_the_connection;
  } cases[] = {
      {"53000", StatusCode::kResourceExhausted, true},
      {"53100", StatusCode::kResourceExhausted, true},  // disk full
      {"53200", StatusCode::kResourceExhausted, true},  // out of memory
      {"53300", StatusCode::kUnavailable, false},       // too many connections
      {"58000", StatusCode::kUnavailable, true},        // system error
      {"58030", StatusCode::kUnavailable, true},        // I/O error
      {"55P03", StatusCode::kUnavailable, true},        // lock timeout
      {"57P05", StatusCode::kUnavailable, false},       // idle session timeout
  };
  const Work ask = [](pqxx::transaction_base& transaction) -> absl::Status {
    return absl::NotFoundError(transaction.exec1("SELECT pg_backend_pid()")[0].c_str());
  };
  for (const auto& test : cases) {
    const absl::Status before = Transact(ask);
    const absl::Status status =
        Execute(std::string("DO $$ BEGIN RAISE EXCEPTION 'mine' USING ERRCODE = '") +
                test.sqlstate + "'; END $$");
    EXPECT_EQ(status.code(), test.code) << test.sqlstate << ": " << status;
    EXPECT_THAT(base::MessageOf(status), HasSubstr("mine"));
    EXPECT_EQ(Transact(ask) == before, test.keeps_the_connection) << test.sqlstate;
  }
}

TEST_F(PoolTest, ALockThatIsNotHadInTimeIsUnavailable) {
  MakePool(2);
  Holder holder;
  const Answer held = Begin([work = holder.work()](pqxx::transaction_base& transaction) {
    transaction.exec("LOCK TABLE item");
    return work(transaction);
  });
  holder.WaitUntilStarted();
  EXPECT_EQ(Execute("SET LOCAL lock_timeout = 50; SELECT * FROM item").code(),
            StatusCode::kUnavailable);
  holder.Release();
  EXPECT_TRUE(Await(held).ok());
  EXPECT_THAT(changes(), ElementsAre(std::pair(true, std::string())));
}

TEST_F(PoolTest, AConstraintThatIsCheckedAtTheCommitIsNoDoubt) {
  Query("CREATE TABLE once (id int UNIQUE DEFERRABLE INITIALLY DEFERRED)");
  MakePool(1);
  const absl::Status status = Execute("INSERT INTO once VALUES (1), (1)");
  EXPECT_EQ(status.code(), StatusCode::kAlreadyExists) << status;
  EXPECT_EQ(ConstraintOf(status), "once_id_key");
  EXPECT_TRUE(Execute("INSERT INTO once VALUES (1)").ok());
}

TEST_F(PoolTest, WhatWorkThrowsIsInternal) {
  MakePool();
  const absl::Status status = Transact([](pqxx::transaction_base& transaction) -> absl::Status {
    transaction.exec("INSERT INTO item VALUES (1, 'one')");
    throw std::runtime_error("a bug");
  });
  EXPECT_EQ(status.code(), StatusCode::kInternal);
  EXPECT_THAT(base::MessageOf(status), HasSubstr("a bug"));
  EXPECT_EQ(Transact([](pqxx::transaction_base&) -> absl::Status { throw 1; }).code(),
            StatusCode::kInternal);
  EXPECT_EQ(Query("SELECT count(*) FROM item"), (Rows{{"0"}}));
}

// Postgres answers COMMIT with ROLLBACK, and no error, when a statement had failed.
TEST_F(PoolTest, ASwallowedErrorDoesNotCommit) {
  MakePool(1);
  for (const bool with_parameters : {true, false}) {
    const absl::Status status = Transact([=](pqxx::transaction_base& transaction) {
      transaction.exec("INSERT INTO item VALUES (1, 'one')");
      try {
        if (with_parameters) {
          transaction.exec_params("SELECT 1 / $1::int", 0);
        } else {
          transaction.exec("SELECT 1 / 0");
        }
      } catch (const std::exception&) {
      }
      return absl::OkStatus();
    });
    EXPECT_EQ(status.code(), StatusCode::kInternal) << status;
  }
  EXPECT_EQ(Query("SELECT count(*) FROM item"), (Rows{{"0"}}));
  EXPECT_TRUE(Execute("INSERT INTO item VALUES (1, 'one')").ok());
  EXPECT_THAT(changes(), ElementsAre(std::pair(true, std::string())));
}

class ConflictTest : public PoolTest {
 protected:
  // Reads, lets another transaction change what was read, `conflicts` times, and writes.
  Work Conflicting(int conflicts) {
    return [this, conflicts](pqxx::transaction_base& transaction) {
      transaction.exec("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ");
      transaction.exec("SELECT * FROM item");
      if (++runs_ <= conflicts) Query("UPDATE item SET name = name || '!'");
      transaction.exec("UPDATE item SET name = name || '?'");
      return absl::OkStatus();
    };
  }
  int runs_ = 0;
};

TEST_F(ConflictTest, IsRunAgain) {
  Query("INSERT INTO item VALUES (1, 'one')");
  MakePool();
  const absl::Status status = Transact(Conflicting(2));
  EXPECT_TRUE(status.ok()) << status;
  EXPECT_EQ(runs_, 3);
  EXPECT_EQ(Query("SELECT name FROM item"), (Rows{{"one!!?"}}));
}

TEST_F(ConflictTest, IsGivenUpAfterThree) {
  Query("INSERT INTO item VALUES (1, 'one')");
  MakePool();
  EXPECT_EQ(Transact(Conflicting(100)).code(), StatusCode::kAborted);
  EXPECT_EQ(runs_, 3);
}

TEST_F(ConflictTest, BothSidesOfADeadlockEndWell) {
  Query("INSERT INTO item VALUES (1, 'one'), (2, 'two')");
  MakePool(2);
  std::barrier both(2);
  const auto in_order = [&both](int first, int second) -> Work {
    return [&both, first, second,
            run = std::make_shared<int>(0)](pqxx::transaction_base& transaction) {
      transaction.exec_params("UPDATE item SET name = name || '+' WHERE id = $1", first);
      if (++*run == 1) both.arrive_and_wait();
      transaction.exec_params("UPDATE item SET name = name || '+' WHERE id = $1", second);
      return absl::OkStatus();
    };
  };
  const Answer one = Begin(in_order(1, 2));
  const Answer other = Begin(in_order(2, 1));
  EXPECT_TRUE(Await(one).ok());
  EXPECT_TRUE(Await(other).ok());
  EXPECT_EQ(Query("SELECT name FROM item ORDER BY id"), (Rows{{"one++"}, {"two++"}}));
}

TEST_F(PoolTest, ManyAtOnceAllGetTheirAnswer) {
  MakePool(3);
  std::vector<Answer> answers;
  for (int i = 0; i < 300; ++i) {
    answers.push_back(Begin([i](pqxx::transaction_base& transaction) {
      transaction.exec_params("INSERT INTO item VALUES ($1, 'x')", i);
      return absl::OkStatus();
    }));
  }
  for (const Answer& answer : answers) EXPECT_TRUE(Await(answer).ok());
  EXPECT_EQ(Query("SELECT count(*) FROM item"), (Rows{{"300"}}));
}

TEST_F(PoolTest, RefusesUntilItIsStarted) {
  pool_ = std::make_unique<ConnectionPool>(Options(1));
  const absl::Status status = Execute("SELECT 1");
  EXPECT_EQ(status.code(), StatusCode::kUnavailable) << status;
  EXPECT_THAT(base::MessageOf(status), HasSubstr("not started"));
  pool_->Start();
  EXPECT_TRUE(Execute("SELECT 1").ok());
}

TEST_F(PoolTest, RefusesWhenTooManyWait) {
  PoolOptions options = Options(1);
  options.queue_limit = 1;
  MakePool(options);
  Holder holder;
  const Answer held = Begin(holder.work());
  holder.WaitUntilStarted();
  const Answer waiting = Begin([](pqxx::transaction_base&) { return absl::OkStatus(); });
  EXPECT_EQ(Execute("SELECT 1").code(), StatusCode::kResourceExhausted);
  EXPECT_FALSE(waiting->has_value());
  holder.Release();
  EXPECT_TRUE(Await(held).ok());
  EXPECT_TRUE(Await(waiting).ok());
}

}  // namespace
}  // namespace trellis::postgres
