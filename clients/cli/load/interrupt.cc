#include "clients/cli/load/interrupt.h"

#include <atomic>

namespace trellis::cli::load {
namespace {

std::atomic<bool> interrupted{false};
static_assert(std::atomic<bool>::is_always_lock_free);  // and so fit for a signal handler

struct sigaction following;  // what the second one finds

void OnFirst(int signal_number) {
  interrupted = true;
  sigaction(signal_number, &following, nullptr);
}

}  // namespace

InterruptGuard::InterruptGuard() {
  interrupted = false;
  sigaction(SIGINT, nullptr, &before_);
  following = before_;
  if (before_.sa_handler == SIG_IGN) return;
  struct sigaction first = {};
  first.sa_handler = OnFirst;
  first.sa_flags = SA_RESTART;
  sigaction(SIGINT, &first, nullptr);
}

InterruptGuard::~InterruptGuard() { sigaction(SIGINT, &before_, nullptr); }

bool InterruptGuard::Interrupted() { return interrupted; }

}  // namespace trellis::cli::load
