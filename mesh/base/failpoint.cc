#include "mesh/base/failpoint.h"

#include <atomic>
#include <csignal>
#include <cstdlib>
#include <string>
#include <string_view>

namespace trellis::base {

#ifdef TRELLIS_FAILPOINTS
namespace {

struct Armed {
  std::string name;
  long passes = 1;  // NOLINT(google-runtime-int): strtol's
};

const Armed& FromEnvironment() {
  static const Armed armed = [] {
    Armed made;
    const char* const text = std::getenv("TRELLIS_FAILPOINT");
    if (text == nullptr) return made;
    const std::string_view spec = text;
    const size_t colon = spec.find(':');
    made.name = spec.substr(0, colon);
    if (colon != spec.npos) made.passes = std::strtol(text + colon + 1, nullptr, 10);
    return made;
  }();
  return armed;
}

}  // namespace

void HitFailpoint(const char* name) {
  static std::atomic<long> passed{0};  // NOLINT(google-runtime-int)
  const Armed& armed = FromEnvironment();
  if (armed.name.empty() || armed.name != name) return;
  if (++passed == armed.passes) std::raise(SIGKILL);
}

#else
void HitFailpoint(const char* /*name*/) {}
#endif

}  // namespace trellis::base
