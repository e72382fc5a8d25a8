#ifndef SERVICES_POST_PAGE_READER_H_
#define SERVICES_POST_PAGE_READER_H_

#include <functional>

#include "mesh/base/shared_rounds.h"
#include "services/post/hot_pages.h"
#include "services/post/object_reader.h"
#include "services/post/page_cache.h"
#include "services/post/post_store.h"
#include "services/post/read_counters.h"

namespace trellis::post {

struct PageReaderOptions {
  size_t local_bytes = 64 * 1024 * 1024;  // of the process' own cache; 0: none
  bool early_refresh = true;
};

struct PageReaderPorts {
  PageCache& pages;
  ObjectReader& objects;
  PostStore& store;
  ReadCounters& counters;
  base::Clock& clock;
};

// A page as it is answered. Generation 0: there is no such user.
struct PageAnswer {
  int64_t generation = 0;
  WirePage wire;
};

// Reads pages of users' posts: from the process' own cache when Redis says that its generation
// still holds, else from Redis, else from Postgres, once for all who ask in all processes; and when
// Redis does not answer, or another process does not make the page in time, from Postgres. No
// answer is older than a write that was acknowledged before the question, and each shows one
// moment: what Postgres held at its generation. Belongs to one reactor. Borrows its ports.
class PageReader {
 public:
  PageReader(boost::asio::any_io_executor executor, PageReaderPorts ports,
             PageReaderOptions options = {});
  ~PageReader();
  PageReader(const PageReader&) = delete;
  PageReader& operator=(const PageReader&) = delete;

  // Errors: those of PostStore where it had to be asked.
  Async<PageAnswer> Read(PageKey key, base::Deadline deadline);

  // The same from Postgres, whatever the caches hold.
  Async<PageAnswer> ReadStore(PageKey key, base::Deadline deadline);

  // Lists, for those who put answers together of several: one for each key, in their order, from
  // Redis where it has them.
  Async<std::vector<CachedPage>> ReadLists(std::vector<PageKey> keys, base::Deadline deadline);

 private:
  struct Impl;
  // A lease that is given back when it ends without its page: others wait for whoever has it.
  class HeldLease;
  const std::shared_ptr<Impl> impl_;
  base::SharedRounds<PageKey, PageAnswer, PageKeyHash> rounds_;
};

}  // namespace trellis::post

#endif  // SERVICES_POST_PAGE_READER_H_
