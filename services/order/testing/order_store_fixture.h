#ifndef SERVICES_ORDER_TESTING_ORDER_STORE_FIXTURE_H_
#define SERVICES_ORDER_TESTING_ORDER_STORE_FIXTURE_H_

#include <gmock/gmock.h>

#include <boost/asio/io_context.hpp>
#include <string>

#include "mesh/base/testing/run.h"
#include "mesh/postgres/testing/private_postgres.h"
#include "services/order/migrations.h"
#include "services/order/postgres_order_store.h"

namespace trellis::order::testing {

inline constexpr base::milliseconds kLease{60'000};

// A PostgresOrderStore with a database of its own.
class OrderStoreFixture : public ::testing::Test {
 protected:
  OrderStoreFixture()
      : url_(postgres::testing::PrivatePostgres::Shared().CreateDatabase()),
        pool_({.url = url_, .application_name = "test", .connections = 2}) {
    const auto migrations = postgres::ParseMigrations(MigrationFiles());
    EXPECT_TRUE(migrations.ok()) << migrations.status();
    postgres::Migrator migrator(url_, *migrations);
    const absl::Status status = migrator.Up(Soon());
    EXPECT_TRUE(status.ok()) << status;
    pool_.Start();
  }

  [[nodiscard]] static base::Deadline Soon() {
    return base::Deadline::After(base::milliseconds(10'000));
  }
  template <typename T>
  T Await(boost::asio::awaitable<T> coroutine) {
    return base::testing::RunCoroutine(context_, std::move(coroutine));
  }
  PlaceResult Place(NewOrder order, base::milliseconds lease = kLease) {
    const auto result = Await(store_.Place(std::move(order), lease, Soon()));
    EXPECT_TRUE(result.ok()) << result.status();
    return result.ok() ? *result : PlaceResult();
  }
  Order Get(const std::string& id) {
    const auto order = Await(store_.Get(id, Soon()));
    EXPECT_TRUE(order.ok()) << order.status();
    return order.ok() ? *order : Order();
  }
  std::string Ask(const std::string& sql) {
    const auto rows = postgres::testing::PrivatePostgres::Query(url_, sql);
    std::string text;
    for (const auto& row : rows) {
      for (const std::string& field : row) text += (text.empty() ? "" : " ") + field;
    }
    return text;
  }

  static inline const NewOrder kOrder{.id = "order1", .sku = "case", .qty = 2};
  static constexpr base::WallTime kAt = base::WallTime(base::milliseconds(1'790'000'000'123));
  const std::string url_;
  boost::asio::io_context context_{1};
  postgres::ConnectionPool pool_;
  PostgresOrderStore store_{pool_};
};

}  // namespace trellis::order::testing

#endif  // SERVICES_ORDER_TESTING_ORDER_STORE_FIXTURE_H_
