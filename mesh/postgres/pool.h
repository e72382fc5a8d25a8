#ifndef MESH_POSTGRES_POOL_H_
#define MESH_POSTGRES_POOL_H_

#include <boost/asio/awaitable.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "mesh/base/deadline.h"
#include "mesh/base/status.h"

namespace pqxx {
class transaction_base;
}

namespace trellis::postgres {

// What happens inside a transaction; on a thread of the pool, where it may block. It may run more
// than once (see Pool), so it must have no effect but on the transaction and on what it returns. It
// has ended when the caller gets its answer, so it may refer to the caller's variables.
using Work = std::function<absl::Status(pqxx::transaction_base&)>;

// kTransaction: any number of statements between BEGIN and COMMIT, which are round trips of their
// own. kStatement: exactly one statement, which commits by itself.
enum class Form { kTransaction, kStatement };

// Runs transactions. Thread-safe; callers suspend, never block, and resume on their executor.
class Pool {
 public:
  virtual ~Pool() = default;

  // Runs `work` in one READ COMMITTED transaction: committed when it returns OK, rolled back when
  // it returns anything else, which then is the answer. Otherwise:
  //   UNAVAILABLE         no connection, or it broke before the commit; the server is read-only (it
  //                       is not the primary any more), its disk has an error, or a lock was not
  //                       had within lock_timeout: nothing happened
  //   UNKNOWN             it broke during the commit, which may or may not have happened
  //   DEADLINE_EXCEEDED   the deadline passed before the commit: nothing happened
  //   RESOURCE_EXHAUSTED  too many wait for a connection, or the server's disk or memory is full:
  //                       nothing happened
  //   ALREADY_EXISTS      a unique constraint, named in the message
  //   INVALID_ARGUMENT    a value that Postgres does not take (class 22), or another constraint
  //   INTERNAL            any other error of SQL
  // A transaction that Postgres gave up because of others (serialization failure, deadlock) is run
  // again, up to three times in all, then ABORTED. So does a commit after a statement that failed
  // and whose exception `work` has kept to itself not succeed, but is INTERNAL.
  // The deadline holds for what waits, for statements (the server gives them up) and, a quarter of
  // a second later, for a server that does not answer: its connection is cut. It does not hold for
  // a `work` that is busy with something else than its statements.
  [[nodiscard]] boost::asio::awaitable<absl::Status> Transact(Work work, base::Deadline deadline) {
    return Run(std::move(work), deadline, Form::kTransaction);
  }

  // Transact, or for a `work` of one statement, at the isolation that is the session's default: a
  // third of the round trips. What `work` refuses after its statement has happened nevertheless,
  // and UNKNOWN is the answer wherever the connection broke after it began: for what may be done
  // again.
  [[nodiscard]] virtual boost::asio::awaitable<absl::Status> Run(Work work, base::Deadline deadline,
                                                                 Form form) = 0;
};

// The name of the constraint that was violated, for ALREADY_EXISTS and INVALID_ARGUMENT; or empty.
[[nodiscard]] std::string ConstraintOf(const absl::Status& status);

// Run for a `work` that has a result.
template <typename Result>
[[nodiscard]] boost::asio::awaitable<absl::StatusOr<Result>> TransactFor(
    Pool& pool, std::function<absl::StatusOr<Result>(pqxx::transaction_base&)> work,
    base::Deadline deadline, Form form = Form::kTransaction) {
  std::optional<Result> result;
  Work run = [&work, &result](pqxx::transaction_base& transaction) -> absl::Status {
    absl::StatusOr<Result> made = work(transaction);
    if (!made.ok()) return made.status();
    result = *std::move(made);
    return absl::OkStatus();
  };
  absl::Status status = co_await pool.Run(std::move(run), deadline, form);
  if (!status.ok()) co_return status;
  co_return *std::move(result);
}

struct PoolOptions {
  std::string url = "postgresql://127.0.0.1:5432/postgres";  // as libpq takes it
  std::string application_name = {};
  int connections = 4;  // as many threads
  int queue_limit = 1000;
  // For prepared statements that find their rows by an index: plans never scan a table that has
  // one, also those that are made while it is empty (enable_seqscan=off; jit=off, since what has no
  // index then looks expensive).
  bool keep_plans = false;
  base::milliseconds connect_timeout{2000};
};

// Connects lazily and again after a loss, a connection for each thread. While an attempt to connect
// is under way callers wait for it; when it has failed and no connection is left they are refused
// at once. The callers' executors must outlive it.
class ConnectionPool final : public Pool {
 public:
  explicit ConnectionPool(PoolOptions options);
  // Lets the transactions under way end, and answers UNAVAILABLE to those that wait. Blocks.
  ~ConnectionPool() override;
  ConnectionPool(const ConnectionPool&) = delete;
  ConnectionPool& operator=(const ConnectionPool&) = delete;

  [[nodiscard]] boost::asio::awaitable<absl::Status> Run(Work work, base::Deadline deadline,
                                                         Form form) override;

  // Called on a thread of the pool with true when the first connection is there and with false when
  // the last was lost, and why. A thread that is not connected tries again with backoff also when
  // nobody asks, so this tells the truth. Set it before Start.
  void set_on_change(std::function<void(bool connected, const std::string& reason)> on_change);
  // Once, on any thread. Until then callers are refused with UNAVAILABLE, so that a process may
  // serve before what it needs of the database is there.
  void Start();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace trellis::postgres

#endif  // MESH_POSTGRES_POOL_H_
