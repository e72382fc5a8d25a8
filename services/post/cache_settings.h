#ifndef SERVICES_POST_CACHE_SETTINGS_H_
#define SERVICES_POST_CACHE_SETTINGS_H_

#include "mesh/base/clock.h"
#include "mesh/base/ids.h"

namespace trellis::post {

// How long entries live in Redis. None of it is needed for entries to be right.
struct CacheSettings {
  base::milliseconds page_lifetime{600'000};
  base::milliseconds object_lifetime{3'600'000};
  // A user's generation; its pages are of no use without it.
  base::milliseconds record_lifetime{3'600'000};
  // What stands in for a post between a write and the next read.
  base::milliseconds placeholder_lifetime{60'000};
  // How long one reader may take to make a page before another tries.
  base::milliseconds lease{3'000};
  // Off only to show what it is for: fills are then kept whatever was written meanwhile.
  bool compare_at_fill = true;
};

// Up to a tenth less, so that what was made together does not expire together.
[[nodiscard]] inline base::milliseconds WithJitter(base::milliseconds lifetime) {
  const auto tenth = static_cast<uint64_t>(lifetime.count() / 10);
  return lifetime - base::milliseconds(tenth == 0 ? 0 : base::RandomBits() % tenth);
}

}  // namespace trellis::post

#endif  // SERVICES_POST_CACHE_SETTINGS_H_
