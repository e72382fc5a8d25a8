#ifndef TESTS_FAULTS_CHAOS_H_
#define TESTS_FAULTS_CHAOS_H_

#include <cstdint>
#include <functional>
#include <random>
#include <string>
#include <vector>

#include "tests/support/stack.h"

namespace trellis::faults {

using base::milliseconds;
using testing::ServerProcess;
using testing::Stack;
using testing::WaitUntil;

// Lets time pass in which faults are to act. Not a way to wait for something.
void Pass(milliseconds time);

// The seed of a random run: TRELLIS_SEED, or a new one. Printed, so that a run can be repeated.
[[nodiscard]] uint64_t RandomSeed();

// Does bad things to a stack at random moments, on the caller's thread: SIGKILL to workers most
// often, to the service, the gateway and Redis now and then, each started again after a random time
// of up to half a second.
class Chaos {
 public:
  Chaos(Stack& stack, uint64_t seed) : stack_(stack), random_(seed) {}

  void RunFor(milliseconds duration);
  // Starts what is down and waits until all are ready.
  void Heal();
  // "worker 21, redis 4, ..."
  [[nodiscard]] std::string Summary() const;

 private:
  [[nodiscard]] milliseconds Between(int from_ms, int to_ms);
  void KillOne();

  Stack& stack_;
  std::mt19937_64 random_;
  int workers_ = 0, services_ = 0, gateways_ = 0, redis_ = 0;
};

}  // namespace trellis::faults

#endif  // TESTS_FAULTS_CHAOS_H_
