#ifndef SERVICES_POST_HOT_PAGES_H_
#define SERVICES_POST_HOT_PAGES_H_

#include <cstdint>
#include <list>
#include <optional>
#include <unordered_map>
#include <vector>

#include "services/post/frequency_sketch.h"
#include "services/post/page.h"
#include "services/post/wire.h"

namespace trellis::post {

struct PageKeyHash {
  size_t operator()(const PageKey& key) const;
};

// The pages that are read most, in the process: whole responses with the generation that they show.
// Whether one still holds is for the caller to find out. A page is taken in from its second read
// on. Bounded by bytes: to a page that would
// push others out they give way only where it was asked for more often (TinyLFU, Einziger et al.,
// ACM ToS 2017), so a scan leaves the hot ones alone. Belongs to one reactor.
class HotPages {
 public:
  struct Page {
    int64_t generation = 0;
    WirePage wire;
  };

  explicit HotPages(size_t most_bytes) : most_bytes_(most_bytes) {}

  // Counts a read of the page.
  void Count(const PageKey& key) { sketch_.Add(PageKeyHash()(key)); }
  [[nodiscard]] std::optional<Page> Find(const PageKey& key);
  void Offer(const PageKey& key, Page page);
  void Drop(const PageKey& key);

  [[nodiscard]] size_t bytes() const { return bytes_; }
  [[nodiscard]] size_t size() const { return entries_.size(); }

 private:
  struct Entry {
    PageKey key;
    Page page;
  };
  using Entries = std::list<Entry>;  // the last used first

  void Remove(Entries::iterator entry);

  const size_t most_bytes_;
  size_t bytes_ = 0;
  Entries entries_;
  std::unordered_map<PageKey, Entries::iterator, PageKeyHash> index_;
  FrequencySketch sketch_;
};

}  // namespace trellis::post

#endif  // SERVICES_POST_HOT_PAGES_H_
