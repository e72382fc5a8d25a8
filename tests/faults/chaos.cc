#include "tests/faults/chaos.h"

#include <cstdlib>
#include <iostream>

namespace trellis::faults {

void Pass(milliseconds time) {
  (void)WaitUntil([] { return false; }, time);
}

uint64_t RandomSeed() {
  const char* given = std::getenv("TRELLIS_SEED");
  const uint64_t seed =
      given != nullptr ? std::strtoull(given, nullptr, 10) : std::random_device{}();
  std::cout << "TRELLIS_SEED=" << seed << std::endl;
  return seed;
}

milliseconds Chaos::Between(int from_ms, int to_ms) {
  return milliseconds(std::uniform_int_distribution<int>(from_ms, to_ms)(random_));
}

void Chaos::RunFor(milliseconds duration) {
  const base::Deadline deadline = base::Deadline::After(duration);
  while (!deadline.Expired()) {
    KillOne();
    Pass(Between(50, 600));
  }
}

void Chaos::KillOne() {
  const int dice = std::uniform_int_distribution<int>(0, 99)(random_);
  if (dice < 15) {
    ++redis_;
    stack_.redis().Kill();
    Pass(Between(0, 500));
    stack_.redis().Start();
    return;
  }
  ServerProcess* victim = nullptr;
  if (dice < 27) {
    ++services_;
    victim = &stack_.service();
  } else if (dice < 37) {
    ++gateways_;
    victim = &stack_.gateway();
  } else {
    ++workers_;
    const size_t last = stack_.workers() - 1;
    victim = &stack_.worker(std::uniform_int_distribution<size_t>(0, last)(random_));
  }
  victim->Kill();
  Pass(Between(0, 500));
  victim->Start();
}

void Chaos::Heal() {
  stack_.service().AwaitReady();
  stack_.gateway().AwaitReady();
  for (size_t i = 0; i < stack_.workers(); ++i) stack_.worker(i).AwaitReady();
}

std::string Chaos::Summary() const {
  return "killed: workers " + std::to_string(workers_) + ", service " + std::to_string(services_) +
         ", gateway " + std::to_string(gateways_) + ", redis " + std::to_string(redis_);
}

}  // namespace trellis::faults
