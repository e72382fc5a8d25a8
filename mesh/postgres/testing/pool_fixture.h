#ifndef MESH_POSTGRES_TESTING_POOL_FIXTURE_H_
#define MESH_POSTGRES_TESTING_POOL_FIXTURE_H_

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <future>
#include <memory>
#include <mutex>
#include <optional>
#include <pqxx/transaction_base>
#include <string>
#include <utility>
#include <vector>

#include "mesh/base/testing/run.h"
#include "mesh/postgres/pool.h"
#include "mesh/postgres/testing/private_postgres.h"

namespace trellis::postgres::testing {

// A database with the table `item` for each test, and what a pool has said of itself.
class PoolTest : public ::testing::Test {
 protected:
  using Answer = std::shared_ptr<std::optional<absl::Status>>;

  PoolTest() : server_(PrivatePostgres::Shared()) {
    server_.Start();
    url_ = server_.CreateDatabase();
    Query("CREATE TABLE item (id int PRIMARY KEY, name text CHECK (name <> 'bad') NOT NULL)");
  }
  ~PoolTest() override {
    if (server_.process().running()) server_.Thaw();
  }

  PoolOptions Options(int connections) const {
    PoolOptions options;
    options.url = url_;
    options.connections = connections;
    options.connect_timeout = base::milliseconds(1000);
    return options;
  }
  void MakePool(const PoolOptions& options) {
    pool_ = std::make_unique<ConnectionPool>(options);
    pool_->set_on_change([this](bool connected, const std::string& reason) {
      const std::lock_guard lock(mutex_);
      changes_.emplace_back(connected, reason);
    });
    pool_->Start();
  }
  void MakePool(int connections = 2) { MakePool(Options(connections)); }

  Rows Query(const std::string& sql) const { return PrivatePostgres::Query(url_, sql); }

  absl::Status Transact(
      Work work, base::Deadline deadline = base::Deadline::After(base::milliseconds(10000))) {
    return base::testing::RunCoroutine(context_, pool_->Transact(std::move(work), deadline));
  }
  absl::Status RunStatement(
      Work work, base::Deadline deadline = base::Deadline::After(base::milliseconds(10000))) {
    return base::testing::RunCoroutine(context_,
                                       pool_->Run(std::move(work), deadline, Form::kStatement));
  }
  absl::Status Execute(const std::string& sql) {
    return Transact([&sql](pqxx::transaction_base& transaction) {
      transaction.exec(sql);
      return absl::OkStatus();
    });
  }

  // Begins a call whose answer is looked at later.
  Answer Begin(Work work, base::Deadline deadline = base::Deadline::Infinite()) {
    auto answer = std::make_shared<std::optional<absl::Status>>();
    boost::asio::co_spawn(
        context_, pool_->Transact(std::move(work), deadline),
        [answer](const std::exception_ptr&, absl::Status status) { *answer = std::move(status); });
    context_.restart();
    context_.poll();
    return answer;
  }
  absl::Status Await(const Answer& answer) {
    const base::Deadline deadline = base::Deadline::After(base::milliseconds(20000));
    while (!*answer && !deadline.Expired()) {
      context_.run_one_for(base::milliseconds(50));
      if (context_.stopped()) context_.restart();
    }
    return answer->value_or(absl::InternalError("no answer"));
  }

  // A transaction that holds its connection until it is released.
  class Holder {
   public:
    Work work() {
      return [this](pqxx::transaction_base&) {
        started_.set_value();
        released_.get_future().wait();
        return absl::OkStatus();
      };
    }
    void WaitUntilStarted() { started_.get_future().wait(); }
    void Release() { released_.set_value(); }

   private:
    std::promise<void> started_;
    std::promise<void> released_;
  };

  std::vector<std::pair<bool, std::string>> changes() {
    const std::lock_guard lock(mutex_);
    return changes_;
  }
  bool WaitForChanges(size_t count) {
    return base::testing::WaitUntil([this, count] { return changes().size() >= count; });
  }

  PrivatePostgres& server_;
  std::string url_;
  boost::asio::io_context context_{1};
  std::mutex mutex_;
  std::vector<std::pair<bool, std::string>> changes_;
  std::unique_ptr<ConnectionPool> pool_;  // first to go: its threads report to the others
};

}  // namespace trellis::postgres::testing

#endif  // MESH_POSTGRES_TESTING_POOL_FIXTURE_H_
