#include "services/post/page_reader.h"

#include <algorithm>
#include <boost/asio/cancellation_state.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/this_coro.hpp>

#include "mesh/base/ids.h"
#include "mesh/base/sleep.h"

namespace trellis::post {

namespace asio = boost::asio;
using base::Deadline;
using base::milliseconds;

namespace {

// Who waits for another process to make a page looks this often, at first and at last.
constexpr milliseconds kFirstLook{2};
constexpr milliseconds kLastLook{40};
// What it keeps of its time to ask Postgres itself, of a short time half: a process that died with
// the lease holds others up for as long as that runs, and they need not fail for it.
constexpr milliseconds kStoreReserve{500};
constexpr milliseconds kRefreshTime{3000};
// The reader's own deadline may have passed.
constexpr milliseconds kReleaseTime{1000};

PageTail TailOf(const PageKey& key, const CachedPage& page) {
  PageTail tail{.has_more = page.has_more,
                .limit = key.limit,
                .offset = key.offset,
                .generation = page.generation};
  if (page.has_more && !page.posts.empty()) tail.next_cursor = CursorBelow(page.posts.back().id);
  return tail;
}

// Of (0, 1].
double RandomShare() { return (static_cast<double>(base::RandomBits() >> 11) + 1) * 0x1p-53; }

}  // namespace

class PageReader::HeldLease {
 public:
  HeldLease(asio::any_io_executor executor, PageCache& pages, PageKey key, PageLease lease)
      : executor_(std::move(executor)), pages_(pages), key_(key), lease_(std::move(lease)) {}
  HeldLease(HeldLease&& other) noexcept
      : executor_(other.executor_),
        pages_(other.pages_),
        key_(other.key_),
        lease_(std::move(other.lease_)),
        held_(std::exchange(other.held_, false)) {}
  ~HeldLease() {
    if (!held_ || !lease_.granted) return;
    asio::co_spawn(executor_,
                   pages_.Release(key_, std::move(lease_), Deadline::After(kReleaseTime)),
                   asio::detached);
  }
  HeldLease(const HeldLease&) = delete;
  HeldLease& operator=(const HeldLease&) = delete;
  HeldLease& operator=(HeldLease&&) = delete;

  [[nodiscard]] const PageLease& lease() const { return lease_; }
  // The cache has taken it back.
  void Filled() { held_ = false; }

 private:
  const asio::any_io_executor executor_;
  PageCache& pages_;
  const PageKey key_;
  PageLease lease_;
  bool held_ = true;
};

struct PageReader::Impl : std::enable_shared_from_this<Impl> {
  Impl(PageReaderPorts p, PageReaderOptions o) : ports(p), options(o), hot(o.local_bytes) {}

  Async<PageAnswer> Read(PageKey key, Deadline deadline);
  Async<PageAnswer> ReadStore(PageKey key, Deadline deadline);
  Async<PageAnswer> FromList(PageKey key, CachedPage list, Deadline deadline);
  Async<PageAnswer> Make(PageKey key, PageLease lease, Deadline deadline);
  Async<std::vector<CachedPage>> ReadLists(std::vector<PageKey> keys, Deadline deadline);
  asio::awaitable<void> RefreshEarly(PageKey key);

  static PageAnswer Answer(const PageKey& key, const CachedPage& list,
                           const std::vector<PostObjectView>& objects) {
    return {list.generation, MakeWirePage(objects, TailOf(key, list))};
  }
  // Keeps it in the process, too, for the next reader.
  PageAnswer Keep(const PageKey& key, const CachedPage& list,
                  const std::vector<PostObjectView>& objects);

  const PageReaderPorts ports;
  const PageReaderOptions options;
  HotPages hot;
};

Async<PageAnswer> PageReader::Impl::Read(PageKey key, Deadline deadline) {
  hot.Count(key);
  if (const auto local = hot.Find(key)) {
    const auto generation = co_await ports.pages.Generation(key.user_id, deadline);
    if (generation.ok() && *generation == local->generation) {
      ports.counters.local_hits.Increment();
      co_return PageAnswer{local->generation, local->wire};
    }
    if (generation.ok()) hot.Drop(key);
  }
  const milliseconds reserve = std::min(kStoreReserve, deadline.Remaining() / 2);
  milliseconds pause = kFirstLook;
  while (true) {
    absl::StatusOr<PageLook> look = co_await ports.pages.Look(key, deadline);
    if (!look.ok()) break;
    if (look->page) {
      ports.counters.list_hits.Increment();
      co_return co_await FromList(key, *std::move(look->page), deadline);
    }
    // Who is given a lease makes the page to its end, for all who wait for it, though its own
    // caller be gone; a cancellation now would leave a lease that nobody knows of.
    co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
    std::vector<PageKey> wanted(1, key);
    auto leases = co_await ports.pages.Lease(std::move(wanted), deadline);
    absl::StatusOr<PageLease>& lease = leases.front();
    if (!lease.ok()) break;
    if (lease->granted) {
      ports.counters.list_misses.Increment();
      co_return co_await Make(key, *std::move(lease), deadline);
    }
    co_await asio::this_coro::reset_cancellation_state(asio::enable_terminal_cancellation());
    if (deadline.Remaining() <= pause + reserve) break;
    co_await base::Sleep(pause);
    pause = std::min(pause * 2, kLastLook);
  }
  ports.counters.bypassed.Increment();
  co_return co_await ReadStore(key, deadline);
}

Async<PageAnswer> PageReader::Impl::FromList(PageKey key, CachedPage list, Deadline deadline) {
  if (options.early_refresh && IsDueEarly(list, ports.clock.WallNow(), RandomShare())) {
    const auto executor = co_await asio::this_coro::executor;
    asio::co_spawn(
        executor, [self = shared_from_this(), key] { return self->RefreshEarly(key); },
        asio::detached);
  }
  const auto listed = co_await ports.objects.ReadListed(list.posts, deadline);
  if (!listed.ok()) co_return listed.status();
  if (!listed->exact) {
    // Some were written to since the list was. With them it would show a state that never was.
    ports.counters.overtaken.Increment();
    co_return co_await ReadStore(key, deadline);
  }
  co_return Keep(key, list, listed->objects);
}

Async<PageAnswer> PageReader::Impl::Make(PageKey key, PageLease lease, Deadline deadline) {
  const auto executor = co_await asio::this_coro::executor;
  HeldLease held(executor, ports.pages, key, std::move(lease));
  const base::SteadyTime start = ports.clock.Now();
  const absl::StatusOr<PostPage> page = co_await ports.store.ListPage(key, deadline);
  if (!page.ok()) co_return page.status();
  CachedPage list = CachedPageOf(*page);
  list.cost = std::max(milliseconds(1),
                       std::chrono::duration_cast<milliseconds>(ports.clock.Now() - start));
  // First the posts, so that whoever finds the list finds them, too.
  co_await ports.objects.Keep(page->posts, deadline);
  std::vector<PageFill> fills;
  fills.push_back({key, held.lease(), list});
  const auto kept = co_await ports.pages.Fill(std::move(fills), deadline);
  if (kept.front().ok()) held.Filled();
  const bool refused = kept.front().ok() && !*kept.front();
  if (refused) ports.counters.refused_fills.Increment();
  const std::vector<PostObject> objects = ObjectsOf(page->posts);
  co_return refused ? Answer(key, list, ViewsOf(objects)) : Keep(key, list, ViewsOf(objects));
}

PageAnswer PageReader::Impl::Keep(const PageKey& key, const CachedPage& list,
                                  const std::vector<PostObjectView>& objects) {
  PageAnswer answer = Answer(key, list, objects);
  if (options.local_bytes > 0) hot.Offer(key, {answer.generation, answer.wire});
  return answer;
}

asio::awaitable<void> PageReader::Impl::RefreshEarly(PageKey key) {
  const Deadline deadline = Deadline::After(kRefreshTime);
  std::vector<PageKey> wanted(1, key);
  auto leases = co_await ports.pages.Lease(std::move(wanted), deadline);
  if (!leases.front().ok() || !leases.front()->granted) co_return;
  ports.counters.early_refreshes.Increment();
  (void)co_await Make(key, *std::move(leases.front()), deadline);
}

Async<PageAnswer> PageReader::Impl::ReadStore(PageKey key, Deadline deadline) {
  const absl::StatusOr<PostPage> page = co_await ports.store.ListPage(key, deadline);
  if (!page.ok()) co_return page.status();
  const std::vector<PostObject> objects = ObjectsOf(page->posts);
  co_return Answer(key, CachedPageOf(*page), ViewsOf(objects));
}

Async<std::vector<CachedPage>> PageReader::Impl::ReadLists(std::vector<PageKey> keys,
                                                           Deadline deadline) {
  auto looks = co_await ports.pages.LookMany(keys, deadline);
  std::vector<CachedPage> lists(keys.size());
  std::vector<PageKey> missing;
  std::vector<int64_t> users;
  double unanswered = 0;
  for (size_t i = 0; i < keys.size(); ++i) {
    if (looks[i].ok() && looks[i]->page) {
      lists[i] = *std::move(looks[i]->page);
    } else {
      if (!looks[i].ok()) ++unanswered;
      missing.push_back(keys[i]);
      users.push_back(keys[i].user_id);
    }
  }
  ports.counters.list_hits.Increment(static_cast<double>(keys.size() - missing.size()));
  if (missing.empty()) co_return lists;
  ports.counters.list_misses.Increment(static_cast<double>(missing.size()) - unanswered);
  ports.counters.bypassed.Increment(unanswered);

  co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());  // as in Read
  auto leases = co_await ports.pages.Lease(missing, deadline);
  const auto executor = co_await asio::this_coro::executor;
  std::vector<HeldLease> held;
  held.reserve(missing.size());
  for (size_t i = 0; i < missing.size(); ++i) {
    if (leases[i].ok()) held.emplace_back(executor, ports.pages, missing[i], *leases[i]);
  }
  const base::SteadyTime start = ports.clock.Now();
  const auto pages = co_await ports.store.ListNewest(users, missing.front().limit,
                                                     missing.front().before_id, deadline);
  if (!pages.ok()) co_return pages.status();
  const auto cost = std::chrono::duration_cast<milliseconds>(ports.clock.Now() - start);
  std::vector<PageFill> fills;  // in the order of `held`
  std::vector<Post> posts;
  size_t next = 0;
  for (size_t i = 0; i < keys.size(); ++i) {
    if (looks[i].ok() && looks[i]->page) continue;
    const PostPage& page = (*pages)[next];
    lists[i] = CachedPageOf(page);
    lists[i].cost = std::max(milliseconds(1), cost);
    posts.insert(posts.end(), page.posts.begin(), page.posts.end());
    if (leases[next].ok()) fills.push_back({keys[i], *leases[next], lists[i]});
    ++next;
  }
  co_await ports.objects.Keep(posts, deadline);
  const auto kept = co_await ports.pages.Fill(std::move(fills), deadline);
  for (size_t i = 0; i < kept.size(); ++i) {
    if (kept[i].ok()) held[i].Filled();
  }
  co_return lists;
}

PageReader::PageReader(asio::any_io_executor executor, PageReaderPorts ports,
                       PageReaderOptions options)
    : impl_(std::make_shared<Impl>(ports, options)),
      rounds_(std::move(executor), [impl = impl_](PageKey key, Deadline deadline) {
        return impl->Read(key, deadline);
      }) {}

PageReader::~PageReader() = default;

Async<PageAnswer> PageReader::Read(PageKey key, Deadline deadline) {
  return rounds_.Do(key, deadline);
}

Async<PageAnswer> PageReader::ReadStore(PageKey key, Deadline deadline) {
  return impl_->ReadStore(key, deadline);
}

Async<std::vector<CachedPage>> PageReader::ReadLists(std::vector<PageKey> keys, Deadline deadline) {
  return impl_->ReadLists(std::move(keys), deadline);
}

}  // namespace trellis::post
