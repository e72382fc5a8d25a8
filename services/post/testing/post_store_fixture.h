#ifndef SERVICES_POST_TESTING_POST_STORE_FIXTURE_H_
#define SERVICES_POST_TESTING_POST_STORE_FIXTURE_H_

#include <gmock/gmock.h>

#include <boost/asio/io_context.hpp>
#include <string>

#include "mesh/base/testing/run.h"
#include "mesh/postgres/testing/private_postgres.h"
#include "services/post/postgres_invalidation_outbox.h"
#include "services/post/postgres_post_store.h"
#include "services/post/schema.h"

namespace trellis::post::testing {

// A PostgresPostStore and its outbox with a database of their own.
class PostStoreFixture : public ::testing::Test {
 protected:
  explicit PostStoreFixture(
      postgres::testing::PrivatePostgres& server = postgres::testing::PrivatePostgres::Shared())
      : url_(server.CreateDatabase()),
        pool_({.url = url_, .application_name = "test", .connections = 8, .keep_plans = true}) {
    auto migrator = MakeMigrator(url_);
    EXPECT_TRUE(migrator.ok()) << migrator.status();
    const absl::Status status = migrator->Up(Soon());
    EXPECT_TRUE(status.ok()) << status;
    pool_.Start();
  }

  [[nodiscard]] static base::Deadline Soon() {
    return base::Deadline::After(base::milliseconds(20'000));
  }
  template <typename T>
  T Await(boost::asio::awaitable<T> coroutine) {
    return base::testing::RunCoroutine(context_, std::move(coroutine));
  }
  // The result of a call that is to succeed.
  template <typename T>
  T Must(Async<T> call) {
    absl::StatusOr<T> result = Await(std::move(call));
    EXPECT_TRUE(result.ok()) << result.status();
    return result.ok() ? *std::move(result) : T();
  }
  int64_t AddUser(const std::string& name = "ada") {
    return Must(store_.CreateUser(name, name + "@example.com", Soon())).id;
  }
  Post AddPost(int64_t user_id, const std::string& content = "hello") {
    return Must(store_.CreatePost(user_id, content, Soon()));
  }
  postgres::testing::Rows Query(const std::string& sql) const {
    return postgres::testing::PrivatePostgres::Query(url_, sql);
  }
  std::string Ask(const std::string& sql) const {
    std::string text;
    for (const auto& row : Query(sql)) {
      for (const std::string& field : row) text += (text.empty() ? "" : " ") + field;
    }
    return text;
  }

  const std::string url_;
  boost::asio::io_context context_{1};
  postgres::ConnectionPool pool_;
  PostgresPostStore store_{pool_};
  PostgresInvalidationOutbox outbox_{pool_};
};

}  // namespace trellis::post::testing

#endif  // SERVICES_POST_TESTING_POST_STORE_FIXTURE_H_
