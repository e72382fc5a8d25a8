#include "services/order/postgres_accepted_orders.h"

#include <gmock/gmock.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include "mesh/base/testing/run.h"
#include "mesh/base/testing/subprocess.h"
#include "mesh/postgres/testing/private_postgres.h"
#include "services/order/migrations.h"

namespace trellis::order {
namespace {

using base::milliseconds;

// Counts the transactions, and refuses some.
class CountingPool final : public postgres::Pool {
 public:
  explicit CountingPool(postgres::Pool& pool) : pool_(pool) {}
  boost::asio::awaitable<absl::Status> Run(postgres::Work work, base::Deadline deadline,
                                           postgres::Form form) override {
    ++transactions;
    if (refuse) co_return absl::UnavailableError("away");
    co_return co_await pool_.Run(std::move(work), deadline, form);
  }
  int transactions = 0;
  bool refuse = false;

 private:
  postgres::Pool& pool_;
};

class PostgresAcceptedOrdersTest : public ::testing::Test {
 protected:
  PostgresAcceptedOrdersTest()
      : url_(postgres::testing::PrivatePostgres::Shared().CreateDatabase()),
        real_({.url = url_, .application_name = "test", .connections = 2}) {
    const auto migrations = postgres::ParseMigrations(MigrationFiles());
    postgres::Migrator migrator(url_, *migrations);
    const absl::Status status = migrator.Up(base::Deadline::After(milliseconds(10'000)));
    EXPECT_TRUE(status.ok()) << status;
    real_.Start();
    (void)postgres::testing::PrivatePostgres::Query(
        url_,
        "INSERT INTO orders (id, sku, qty) SELECT 'o' || i, 'case', i"
        " FROM generate_series(1, 100) AS i");
  }
  // All at a time; the answers in the order of the ids. The patience is beyond that of the test.
  std::vector<absl::StatusOr<AcceptedOrder>> Find(const std::vector<std::string>& ids,
                                                  milliseconds patience = milliseconds(600'000)) {
    std::vector<absl::StatusOr<AcceptedOrder>> answers(ids.size(), absl::UnknownError("none"));
    size_t answered = 0;
    for (size_t i = 0; i < ids.size(); ++i) {
      boost::asio::co_spawn(context_, orders_.Find(ids[i], base::Deadline::After(patience)),
                            [&, i](std::exception_ptr, absl::StatusOr<AcceptedOrder> order) {
                              answers[i] = std::move(order);
                              ++answered;
                            });
    }
    EXPECT_TRUE(base::testing::WaitUntil([&] {
      context_.restart();
      context_.run_for(milliseconds(1));
      return answered == ids.size();
    }));
    return answers;
  }

  const std::string url_;
  boost::asio::io_context context_{1};
  postgres::ConnectionPool real_;
  CountingPool pool_{real_};
  PostgresAcceptedOrders orders_{pool_};
};

TEST_F(PostgresAcceptedOrdersTest, SaysWhatWasOrdered) {
  const auto answers = Find({"o7", "nobodys", "no \"id\""});
  ASSERT_TRUE(answers[0].ok()) << answers[0].status();
  EXPECT_EQ(answers[0]->sku, "case");
  EXPECT_EQ(answers[0]->qty, 7);
  EXPECT_TRUE(absl::IsNotFound(answers[1].status()));
  EXPECT_TRUE(absl::IsNotFound(answers[2].status()));
}

TEST_F(PostgresAcceptedOrdersTest, CrowdSharesAQueryAndEachGetsItsOwnAnswer) {
  std::vector<std::string> ids;
  for (int i = 1; i <= 100; ++i) ids.push_back("o" + std::to_string(i));
  const auto answers = Find(ids);
  for (int i = 1; i <= 100; ++i) {
    ASSERT_TRUE(answers[static_cast<size_t>(i) - 1].ok());
    EXPECT_EQ(answers[static_cast<size_t>(i) - 1]->qty, i);
  }
  EXPECT_LE(pool_.transactions, 3);
}

TEST_F(PostgresAcceptedOrdersTest, OrderThatIsPlacedLaterIsFoundLater) {
  EXPECT_TRUE(absl::IsNotFound(Find({"later"})[0].status()));
  (void)postgres::testing::PrivatePostgres::Query(
      url_, "INSERT INTO orders (id, sku, qty) VALUES ('later', 'case', 1)");
  EXPECT_TRUE(Find({"later"})[0].ok());
}

TEST_F(PostgresAcceptedOrdersTest, FailedQueryIsEverybodysAnswerAndTheNextIsAnother) {
  pool_.refuse = true;
  for (const auto& answer : Find({"o1", "o2", "o3"})) {
    EXPECT_TRUE(absl::IsUnavailable(answer.status()));
  }
  pool_.refuse = false;
  EXPECT_TRUE(Find({"o1"})[0].ok());
}

TEST_F(PostgresAcceptedOrdersTest, PassedDeadlineIsTold) {
  EXPECT_TRUE(absl::IsDeadlineExceeded(Find({"o1"}, milliseconds(0))[0].status()));
  EXPECT_TRUE(Find({"o1"})[0].ok());
}

}  // namespace
}  // namespace trellis::order
