#include "services/post/hot_pages.h"

#include "absl/hash/hash.h"

namespace trellis::post {
namespace {

// What an entry costs besides the response.
constexpr size_t kOverhead = 256;

// Most pages are read once; who is read again is worth a place.
constexpr int kFewestReads = 2;

size_t CostOf(const HotPages::Page& page) { return page.wire->size() + kOverhead; }

}  // namespace

size_t PageKeyHash::operator()(const PageKey& key) const {
  return absl::HashOf(key.user_id, key.limit, key.before_id.value_or(0), key.offset);
}

std::optional<HotPages::Page> HotPages::Find(const PageKey& key) {
  const auto at = index_.find(key);
  if (at == index_.end()) return std::nullopt;
  entries_.splice(entries_.begin(), entries_, at->second);
  return at->second->page;
}

void HotPages::Offer(const PageKey& key, Page page) {
  Drop(key);
  const size_t cost = CostOf(page);
  if (cost > most_bytes_) return;
  const int wanted = sketch_.Estimate(PageKeyHash()(key));
  if (wanted < kFewestReads) return;
  while (bytes_ + cost > most_bytes_) {
    const auto victim = std::prev(entries_.end());
    if (sketch_.Estimate(PageKeyHash()(victim->key)) >= wanted) return;
    Remove(victim);
  }
  entries_.push_front({key, std::move(page)});
  index_[key] = entries_.begin();
  bytes_ += cost;
}

void HotPages::Drop(const PageKey& key) {
  const auto at = index_.find(key);
  if (at != index_.end()) Remove(at->second);
}

void HotPages::Remove(Entries::iterator entry) {
  bytes_ -= CostOf(entry->page);
  index_.erase(entry->key);
  entries_.erase(entry);
}

}  // namespace trellis::post
