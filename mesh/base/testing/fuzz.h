#ifndef MESH_BASE_TESTING_FUZZ_H_
#define MESH_BASE_TESTING_FUZZ_H_

#include <cstdlib>

#include "mesh/base/deadline.h"

namespace trellis::base::testing {

// Until when a fuzz test goes on: 15 s from now, or TRELLIS_FUZZ_SECONDS. A defect stands at the
// same place of the sequence in each run, so a longer run finds what a shorter one found.
inline Deadline FuzzEnd() {
  const char* seconds = std::getenv("TRELLIS_FUZZ_SECONDS");
  return Deadline::After(std::chrono::seconds(seconds == nullptr ? 15 : std::atoi(seconds)));
}

}  // namespace trellis::base::testing

#endif  // MESH_BASE_TESTING_FUZZ_H_
