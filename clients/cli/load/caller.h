#ifndef CLIENTS_CLI_LOAD_CALLER_H_
#define CLIENTS_CLI_LOAD_CALLER_H_

#include <cstdint>
#include <functional>
#include <string>

namespace trellis::cli::load {

// Makes calls. Thread-safe.
class Caller {
 public:
  using Done = std::function<void(const std::string& code, const std::string& message)>;

  virtual ~Caller() = default;
  // Sends the `index`-th call of the run and does not wait. `done` runs exactly once, on any
  // thread, with the name of the status code; the call's timeout sees to it.
  virtual void Start(int64_t index, Done done) = 0;
  // Ends those in flight soon.
  virtual void CancelAll() = 0;
};

}  // namespace trellis::cli::load

#endif  // CLIENTS_CLI_LOAD_CALLER_H_
