#ifndef CLIENTS_CLI_LOAD_TARGET_H_
#define CLIENTS_CLI_LOAD_TARGET_H_

#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "mesh/base/clock.h"
#include "mesh/base/status.h"

namespace trellis::cli::load {

// The bytes of a message, and which method of the target's service they are for.
struct Request {
  // Implicit, because most targets have one method.
  Request(std::string message)
      : bytes(std::move(message)) {}  // NOLINT(google-explicit-constructor)
  Request(std::string message, std::string to) : bytes(std::move(message)), method(std::move(to)) {}

  std::string bytes;
  std::string method = {};  // empty: the target's
};

// The `index`-th request of a run. Thread-safe.
using MakeRequest = std::function<Request(int64_t index)>;

struct Setup {
  std::string address;
  base::milliseconds timeout{10'000};
  uint64_t seed = 1;
  int64_t calls = 0;
  std::string run;  // [a-z0-9-]; no other run has it
  int keys = 0;     // of the run that KeyTest makes meanwhile; 0: none
};

// A method that can be put under load. A value.
struct Target {
  std::string name;      // on the command line
  std::string summary;   // what is sent
  std::string service;   // full name
  std::string method;    // of most requests
  std::string variable;  // has the address
  std::string default_address;
  bool starts_runs = false;  // knows what to do with Setup::keys
  // Gets ready what the requests need, and makes them. Blocks, and so may destroying what it gave.
  std::function<absl::StatusOr<MakeRequest>(const Setup&)> prepare;
};

// All. A new service adds one file to targets/ and a line to targets.cc.
[[nodiscard]] const std::vector<Target>& AllTargets();
// Null when there is none of that name.
[[nodiscard]] const Target* FindTarget(const std::string& name);

// Each in the file of its name.
[[nodiscard]] Target EnqueueTarget();
[[nodiscard]] Target KeyTestTarget();
[[nodiscard]] Target OrderTarget();
[[nodiscard]] Target PostTarget();
[[nodiscard]] Target WeatherTarget();

}  // namespace trellis::cli::load

#endif  // CLIENTS_CLI_LOAD_TARGET_H_
