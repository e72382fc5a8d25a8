#include "clients/cli/load/target.h"

namespace trellis::cli::load {

const std::vector<Target>& AllTargets() {
  static const auto* const kTargets = new std::vector<Target>{
      EnqueueTarget(), OrderTarget(), WeatherTarget(), PostTarget(), KeyTestTarget()};
  return *kTargets;
}

const Target* FindTarget(const std::string& name) {
  for (const Target& target : AllTargets()) {
    if (target.name == name) return &target;
  }
  return nullptr;
}

}  // namespace trellis::cli::load
