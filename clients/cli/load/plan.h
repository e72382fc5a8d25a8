#ifndef CLIENTS_CLI_LOAD_PLAN_H_
#define CLIENTS_CLI_LOAD_PLAN_H_

#include <cstdint>

#include "mesh/base/clock.h"

namespace trellis::cli::load {

// What a run was asked to do. A value.
struct Plan {
  // Closed loop: a call is made when fewer than `limit` are in flight. Open loop: calls are due at
  // fixed times, whatever became of those before.
  bool open = false;
  int64_t calls = 0;              // in all
  int64_t limit = 1;              // in flight at once
  double rate = 0;                // open loop: calls a second
  base::milliseconds timeout{0};  // of a call, from its sending on

  // Open loop: the time in which all calls are due.
  [[nodiscard]] double Seconds() const { return static_cast<double>(calls) / rate; }
};

}  // namespace trellis::cli::load

#endif  // CLIENTS_CLI_LOAD_PLAN_H_
