#ifndef MESH_AMQP_IMPL_UNSETTLED_H_
#define MESH_AMQP_IMPL_UNSETTLED_H_

#include <algorithm>
#include <cstdint>
#include <set>
#include <vector>

namespace trellis::amqp {

// The tags of a channel's deliveries that are not settled, and the acks that are to be sent: as few
// as there can be. "All up to this one" stands for many where nothing before it is still in hand;
// that costs a quorum queue one entry of its log instead of one for each message.
class Unsettled {
 public:
  void Add(uint64_t tag) { tags_.insert(tags_.end(), tag); }
  // False when the tag is not unsettled.
  bool Settle(uint64_t tag) { return tags_.erase(tag) > 0; }
  // As Settle, for one that is to be acked by the next TakeAcks.
  bool Ack(uint64_t tag) {
    if (!Settle(tag)) return false;
    acked_.push_back(tag);
    return true;
  }

  struct Acks {
    uint64_t up_to = 0;  // with all before it; 0: none
    std::vector<uint64_t> alone = {};
  };
  // Rejections of tags before `up_to` must be sent before it.
  [[nodiscard]] Acks TakeAcks() {
    Acks acks;
    for (const uint64_t tag : acked_) {
      if (tags_.empty() || tag < *tags_.begin()) {
        acks.up_to = std::max(acks.up_to, tag);
      } else {
        acks.alone.push_back(tag);
      }
    }
    acked_.clear();
    return acks;
  }

  void Clear() {
    tags_.clear();
    acked_.clear();
  }

 private:
  std::set<uint64_t> tags_;
  std::vector<uint64_t> acked_;
};

}  // namespace trellis::amqp

#endif  // MESH_AMQP_IMPL_UNSETTLED_H_
