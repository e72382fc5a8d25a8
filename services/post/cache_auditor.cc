#include "services/post/cache_auditor.h"

#include "mesh/base/ids.h"
#include "mesh/base/sleep.h"
#include "mesh/telemetry/log.h"
#include "services/post/wire.h"

namespace trellis::post {

namespace asio = boost::asio;
using base::Deadline;
using base::milliseconds;

namespace {

constexpr milliseconds kTimeout{2000};
// One read in so many is sampled.
constexpr uint64_t kOneIn = 64;

bool SameLists(const CachedPage& a, const CachedPage& b) {
  return a.posts == b.posts && a.has_more == b.has_more;
}

}  // namespace

CacheAuditor::CacheAuditor(PageCache& pages, ObjectCache& objects, PostStore& store,
                           telemetry::Metrics& metrics, AuditorOptions options)
    : pages_(pages),
      objects_(objects),
      store_(store),
      options_(options),
      audited_(metrics.AddCounter("trellis_post_audited_total",
                                  "Cached pages that were compared with Postgres")),
      mismatches_(metrics.AddCounter("trellis_post_audit_mismatches_total",
                                     "Cached pages that were not what Postgres has")) {}

void CacheAuditor::Sample(const PageKey& key) {
  if (base::RandomBits() % kOneIn != 0) return;
  const std::lock_guard lock(mutex_);
  if (sampled_.size() < static_cast<size_t>(options_.sample)) sampled_.push_back(key);
}

asio::awaitable<bool> CacheAuditor::Audit() {
  std::vector<PageKey> keys;
  {
    const std::lock_guard lock(mutex_);
    keys.swap(sampled_);
  }
  for (const PageKey& key : keys) co_await AuditPage(key);
  co_return false;
}

asio::awaitable<void> CacheAuditor::AuditPage(PageKey key) {
  const auto look = co_await pages_.Look(key, Deadline::After(kTimeout));
  if (!look.ok() || !look->page) co_return;
  const auto page = co_await store_.ListPage(key, Deadline::After(kTimeout));
  if (!page.ok()) co_return;
  bool same = true;
  if (page->generation < look->page->generation) {
    same = false;  // Postgres was asked later: it has lost what it had committed
  } else if (page->generation > look->page->generation) {
    // Written to between the two looks, or the write is on its way to the cache.
    co_await base::Sleep(options_.grace);
    const auto later = co_await pages_.Generation(key.user_id, Deadline::After(kTimeout));
    if (!later.ok()) co_return;
    same = !*later || **later >= page->generation;
  } else {
    const bool same_objects = co_await AreObjectsSame(*page);
    same = same_objects && SameLists(CachedPageOf(*page), *look->page);
  }
  audited_.Increment();
  if (same) co_return;
  mismatches_.Increment();
  telemetry::Log(telemetry::Level::kError, "the cache is not what Postgres has",
                 {{"user_id", std::to_string(key.user_id)}, {"page", PageName(key)}});
}

asio::awaitable<bool> CacheAuditor::AreObjectsSame(const PostPage& page) {
  const ListedViews listed =
      co_await objects_.GetListed(CachedPageOf(page).posts, Deadline::After(kTimeout));
  const std::vector<std::optional<PostObjectView>>& objects = listed.objects;
  for (size_t i = 0; i < objects.size(); ++i) {
    if (!objects[i]) continue;
    const PostObject truth = ObjectOf(page.posts[i]);
    if (objects[i]->version == truth.version && objects[i]->bytes != truth.bytes) co_return false;
  }
  co_return true;
}

}  // namespace trellis::post
