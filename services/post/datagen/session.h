#ifndef SERVICES_POST_DATAGEN_SESSION_H_
#define SERVICES_POST_DATAGEN_SESSION_H_

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "mesh/base/status.h"

struct pg_conn;

namespace trellis::post::datagen {

// One connection to Postgres for a batch job: blocks, and hands the bytes of a COPY to libpq as
// they are. Errors are UNAVAILABLE (no connection) or INTERNAL, with the server's first line. Not
// thread-safe.
class Session {
 public:
  using Rows = std::vector<std::vector<std::string>>;  // null: empty

  static absl::StatusOr<std::unique_ptr<Session>> Open(const std::string& url);
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  // One statement with parameters, or several without.
  [[nodiscard]] absl::StatusOr<Rows> Query(const std::string& sql,
                                           const std::vector<std::string>& parameters = {});
  [[nodiscard]] absl::Status Execute(const std::string& sql,
                                     const std::vector<std::string>& parameters = {});

  // COPY ... FROM STDIN: `next` is asked for data until it says that there is none (false). How
  // many rows there were.
  [[nodiscard]] absl::StatusOr<int64_t> CopyIn(const std::string& sql,
                                               const std::function<bool(std::string*)>& next);

  // Waits until `sql`, which gives one boolean, is true; false when that takes longer.
  [[nodiscard]] absl::StatusOr<bool> WaitFor(const std::string& sql, std::chrono::seconds patience);

 private:
  explicit Session(pg_conn* connection) : connection_(connection) {}
  [[nodiscard]] absl::Status Error() const;

  pg_conn* const connection_;
};

}  // namespace trellis::post::datagen

#endif  // SERVICES_POST_DATAGEN_SESSION_H_
