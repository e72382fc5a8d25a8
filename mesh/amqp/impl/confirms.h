#ifndef MESH_AMQP_IMPL_CONFIRMS_H_
#define MESH_AMQP_IMPL_CONFIRMS_H_

#include <cstdint>
#include <deque>
#include <optional>
#include <utility>

namespace trellis::amqp {

// Matches confirms with publishes. The broker numbers a channel's publishes 1, 2, 3, ...; a confirm
// names one of them or, with `multiple`, all up to it. T is what is kept for each publish.
template <typename T>
class Confirms {
 public:
  // The number of the next publish.
  [[nodiscard]] uint64_t next_tag() const { return first_tag_ + entries_.size(); }
  void Add(T entry) { entries_.push_back({std::move(entry), false}); }

  // Whether all have been confirmed.
  [[nodiscard]] bool empty() const { return entries_.empty(); }

  // nullptr when it is not waiting for a confirm.
  [[nodiscard]] T* Find(uint64_t tag) {
    if (tag < first_tag_ || tag >= next_tag() || entries_[tag - first_tag_].done) return nullptr;
    return &entries_[tag - first_tag_].value;
  }

  // Calls visit(T) for each publish that this confirm answers, in their order.
  template <typename Visit>
  void Confirm(uint64_t tag, bool multiple, Visit visit) {
    if (tag >= next_tag()) return;
    while (multiple && first_tag_ <= tag) {
      if (!entries_.front().done) visit(std::move(entries_.front().value));
      PopFront();
    }
    if (T* entry = Find(tag); entry != nullptr) {
      visit(std::move(*entry));
      entries_[tag - first_tag_].done = true;
    }
    while (!entries_.empty() && entries_.front().done) PopFront();
  }

  // Calls visit(T&) for each that waits.
  template <typename Visit>
  void ForEach(Visit visit) {
    for (Entry& entry : entries_) {
      if (!entry.done) visit(entry.value);
    }
  }

  // Starts again at 1.
  void Clear() {
    entries_.clear();
    first_tag_ = 1;
  }

 private:
  struct Entry {
    T value;
    bool done;
  };
  void PopFront() {
    entries_.pop_front();
    ++first_tag_;
  }

  std::deque<Entry> entries_;
  uint64_t first_tag_ = 1;
};

}  // namespace trellis::amqp

#endif  // MESH_AMQP_IMPL_CONFIRMS_H_
