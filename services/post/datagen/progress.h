#ifndef SERVICES_POST_DATAGEN_PROGRESS_H_
#define SERVICES_POST_DATAGEN_PROGRESS_H_

#include <cstdint>
#include <cstdio>
#include <string>

#include "mesh/base/clock.h"

namespace trellis::post::datagen {

// How far a job is: a bar that is drawn again in place on a terminal, else a line every few
// seconds. Not thread-safe.
class Progress {
 public:
  // `done`: what was there before this process began, which does not count for the rate.
  Progress(FILE* out, bool terminal, int64_t total, int64_t done, const base::Clock& clock);

  void Show(int64_t done);
  // The last state, in any case.
  void End(int64_t done);

 private:
  [[nodiscard]] std::string Text(int64_t done) const;

  FILE* const out_;
  const bool terminal_;
  const int64_t total_;
  const int64_t before_;
  const base::Clock& clock_;
  const base::SteadyTime begin_;
  base::SteadyTime shown_;
};

}  // namespace trellis::post::datagen

#endif  // SERVICES_POST_DATAGEN_PROGRESS_H_
