#ifndef SERVICES_POST_CACHE_AUDITOR_H_
#define SERVICES_POST_CACHE_AUDITOR_H_

#include <mutex>
#include <vector>

#include "mesh/telemetry/metrics.h"
#include "services/post/object_cache.h"
#include "services/post/page_cache.h"
#include "services/post/post_store.h"

namespace trellis::post {

struct AuditorOptions {
  // Pages that are looked at in a step.
  int sample = 4;
  // How long a write may be on its way from Postgres to the caches (the sweeper's period and age).
  base::milliseconds grace{5'000};
};

// Compares pages that were read of late, as Redis has them, with Postgres, and counts what is not
// the same. Every mismatch is a defect, or a node that lost what it had acknowledged without a
// restart. Runs on one reactor, but for Sample. Borrows its ports.
class CacheAuditor {
 public:
  CacheAuditor(PageCache& pages, ObjectCache& objects, PostStore& store,
               telemetry::Metrics& metrics, AuditorOptions options = {});

  // A page was read, and may be looked at. Thread-safe; a short lock, and most calls take none.
  void Sample(const PageKey& key);

  // Looks at some pages that were sampled since the last step.
  boost::asio::awaitable<bool> Audit();

  [[nodiscard]] telemetry::Counter& audited() { return audited_; }
  [[nodiscard]] telemetry::Counter& mismatches() { return mismatches_; }

 private:
  boost::asio::awaitable<void> AuditPage(PageKey key);
  boost::asio::awaitable<bool> AreObjectsSame(const PostPage& page);

  PageCache& pages_;
  ObjectCache& objects_;
  PostStore& store_;
  const AuditorOptions options_;
  telemetry::Counter& audited_;
  telemetry::Counter& mismatches_;
  std::mutex mutex_;
  std::vector<PageKey> sampled_;
};

}  // namespace trellis::post

#endif  // SERVICES_POST_CACHE_AUDITOR_H_
