#ifndef CLIENTS_CLI_LOAD_INTERRUPT_H_
#define CLIENTS_CLI_LOAD_INTERRUPT_H_

#include <signal.h>

namespace trellis::cli::load {

// While it lives, the first SIGINT of this process is taken down instead of ending it; the second
// one ends it as before. Where SIGINT is ignored, it stays so. One at a time; not thread-safe.
class InterruptGuard {
 public:
  InterruptGuard();
  ~InterruptGuard();
  InterruptGuard(const InterruptGuard&) = delete;
  InterruptGuard& operator=(const InterruptGuard&) = delete;

  [[nodiscard]] static bool Interrupted();

 private:
  struct sigaction before_ = {};
};

}  // namespace trellis::cli::load

#endif  // CLIENTS_CLI_LOAD_INTERRUPT_H_
