#ifndef MESH_POSTGRES_IMPL_ERRORS_H_
#define MESH_POSTGRES_IMPL_ERRORS_H_

#include <string>
#include <string_view>

#include "mesh/base/status.h"

namespace trellis::postgres::impl {

// The first line of what libpq says, without its "ERROR:  ": what follows it are details, which may
// hold values of the rows.
[[nodiscard]] std::string FirstLine(std::string_view message);

// As Pool's contract says; the payload of a constraint included. `sqlstate` may be empty.
[[nodiscard]] absl::Status StatusOfSql(std::string_view sqlstate, std::string_view message);

struct Failure {
  absl::Status status;
  bool again = false;  // given up by Postgres because of other transactions
  bool lost = false;   // the connection broke or is of no use any more
};
// What the exception being handled stands for: call it in a catch block.
[[nodiscard]] Failure OfCurrentException();

}  // namespace trellis::postgres::impl

#endif  // MESH_POSTGRES_IMPL_ERRORS_H_
