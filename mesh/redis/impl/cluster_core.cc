#include "mesh/redis/impl/cluster_core.h"

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <utility>

#include "mesh/base/ids.h"

namespace trellis::redis::impl {

namespace asio = boost::asio;
using base::Deadline;
using base::milliseconds;
using base::SteadyTime;

namespace {

// What is told when nobody listens.
class NoObserver final : public ClusterObserver {
 public:
  void OnRepeat(ClusterRepeat /*repeat*/) override {}
  void OnRefresh(bool /*ok*/) override {}
  void OnNodeError(NodeError /*error*/, int /*commands*/) override {}
  void OnOutstanding(int /*change*/) override {}
  void OnConnection(const std::string& /*address*/, bool /*connected*/,
                    const std::string& /*reason*/) override {}
};

ClusterObserver* Nobody() {
  static NoObserver nobody;
  return &nobody;
}

SteadyTime Now() { return std::chrono::steady_clock::now(); }

milliseconds UpTo(milliseconds most) {
  return milliseconds(base::RandomBits() % static_cast<uint64_t>(most.count() + 1));
}

}  // namespace

ClusterCore::ClusterCore(asio::any_io_executor executor, ClusterOptions options,
                         ClusterObserver* observer)
    : executor_(executor),
      options_(std::move(options)),
      observer_(observer == nullptr ? Nobody() : observer),
      topology_(executor, options_.connection,
                [this](Link& link, bool connected, const std::string& reason) {
                  OnLink(link, connected, reason);
                }),
      timer_(executor) {}

void ClusterCore::Start() {
  asio::co_spawn(
      executor_, [self = shared_from_this()] { return self->RefreshLoop(); }, asio::detached);
}

void ClusterCore::Close() {
  closed_ = true;
  on_change_ = nullptr;
  timer_.cancel();
  topology_.Clear();
}

void ClusterCore::WantRefresh() {
  refresh_wanted_ = true;
  if (idle_) timer_.cancel();
}

void ClusterCore::OnLink(Link& link, bool connected, const std::string& reason) {
  observer_->OnConnection(link.address(), connected, reason);
  // A loss while the client closes down is no news.
  if (closed_) return;
  if (!connected) WantRefresh();
  LookForChange();
}

void ClusterCore::LookForChange() {
  const std::string fault = topology_.Fault();
  if (fault.empty() == was_ready_) return;
  was_ready_ = fault.empty();
  if (on_change_) on_change_(was_ready_, fault);
}

asio::awaitable<void> ClusterCore::RefreshLoop() {
  SteadyTime last{};
  bool ok = false;
  while (!closed_) {
    if (ok) co_await AwaitCause(last);
    // Whatever calls for it: not at once again, and not in step with others.
    co_await SleepUntil(last + options_.min_refresh_interval);
    if (last != SteadyTime{}) co_await SleepUntil(Now() + UpTo(options_.refresh_jitter));
    if (closed_) co_return;
    refresh_wanted_ = false;
    last = Now();
    ++counts_.refreshes;
    ok = co_await Refresh();
    if (closed_) co_return;
    observer_->OnRefresh(ok);
    LookForChange();
  }
}

asio::awaitable<void> ClusterCore::AwaitCause(SteadyTime last) {
  while (!closed_ && !refresh_wanted_) {
    const SteadyTime due =
        last + (was_ready_ ? options_.refresh_every : options_.min_refresh_interval);
    if (Now() >= due) co_return;
    idle_ = true;
    co_await SleepUntil(due);
    idle_ = false;
  }
}

asio::awaitable<bool> ClusterCore::Refresh() {
  std::vector<std::string> asked;
  for (;;) {
    // Links may go while one of them is being asked: look anew each time.
    Link* next = nullptr;
    for (Link* link : topology_.Askable()) {
      const bool again = std::find(asked.begin(), asked.end(), link->address()) != asked.end();
      if (next == nullptr && !again) next = link;
    }
    if (next == nullptr) break;
    asked.push_back(next->address());
    const bool known = co_await Ask(&next->connection(), next->address());
    if (known) co_return true;
    if (closed_) co_return false;
  }
  co_return co_await AskSeeds();
}

asio::awaitable<bool> ClusterCore::AskSeeds() {
  struct Seed {
    std::string address;
    std::unique_ptr<Connection> connection;
    bool asked = false;
  };
  std::vector<Seed> seeds;
  for (const std::string& address : options_.seeds) {
    ConnectionOptions options = options_.connection;
    options.address = address;
    auto connection = std::make_unique<Connection>(executor_, std::move(options));
    // The first that is there ends the wait.
    connection->set_on_change([this](bool /*connected*/, const std::string&) { timer_.cancel(); });
    seeds.push_back({address, std::move(connection)});
  }
  const SteadyTime give_up = Now() + options_.connection.connect_timeout;
  while (!closed_) {
    Seed* next = nullptr;
    for (Seed& seed : seeds) {
      if (!seed.asked && seed.connection->connected()) next = &seed;
    }
    if (next == nullptr && Now() >= give_up) break;
    if (next == nullptr) {
      co_await SleepUntil(give_up);
      continue;
    }
    next->asked = true;
    const bool known = co_await Ask(next->connection.get(), next->address);
    if (known) co_return true;
  }
  co_return false;
}

asio::awaitable<bool> ClusterCore::Ask(Connection* connection, std::string address) {
  Command slots("CLUSTER", "SLOTS");
  const absl::StatusOr<Reply> reply =
      co_await connection->Execute(std::move(slots), Deadline::After(options_.refresh_timeout));
  if (closed_ || !reply.ok()) co_return false;
  const auto ranges = ParseSlots(reply->view(), address);
  if (!ranges.ok()) co_return false;
  topology_.Apply(*ranges);
  co_return true;
}

asio::awaitable<void> ClusterCore::SleepUntil(SteadyTime time) {
  if (closed_ || time <= Now()) co_return;
  timer_.expires_at(time);
  boost::system::error_code ignored;
  co_await timer_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
}

}  // namespace trellis::redis::impl
