#include "clients/cli/load/timeline.h"

#include <algorithm>

namespace trellis::cli::load {

void Timeline::Record(microseconds at, microseconds latency, bool ok) {
  const microseconds from_start = std::max(at, microseconds(0));
  while (from_start >= width_ * kMostSlots) Halve();
  const auto index = static_cast<size_t>(from_start / width_);
  if (index >= slots_.size()) slots_.resize(index + 1);
  slots_[index].latency.Record(latency);
  if (!ok) ++slots_[index].errors;
}

void Timeline::Halve() {
  width_ *= 2;
  std::vector<Slot> wider((slots_.size() + 1) / 2);
  for (size_t i = 0; i < slots_.size(); ++i) {
    wider[i / 2].latency.Add(slots_[i].latency);
    wider[i / 2].errors += slots_[i].errors;
  }
  slots_ = std::move(wider);
}

}  // namespace trellis::cli::load
