#include "mesh/redis/cluster.h"

#include <boost/asio/async_result.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <utility>

#include "mesh/base/options.h"
#include "mesh/redis/impl/cluster_call.h"
#include "mesh/redis/key_slot.h"

namespace trellis::redis {

namespace asio = boost::asio;
using impl::ClusterCall;
using Answers = std::vector<ClusterAnswer>;

namespace {

asio::awaitable<Answers> Await(std::shared_ptr<ClusterCall> call) {
  call->Start();
  if (call->done()) co_return call->TakeAnswers();
  // From here the call belongs to its batches alone: it holds this coroutine, not the other way
  // round, so that both go when the reactor is torn down.
  co_return co_await asio::async_initiate<const asio::use_awaitable_t<>&, void(Answers)>(
      [](auto handler, std::shared_ptr<ClusterCall> waited) {
        waited->set_completion(base::MakeCompletion<Answers>(std::move(handler)));
      },
      asio::use_awaitable, std::move(call));
}

}  // namespace

class Cluster::Impl final : public impl::ClusterCore {
 public:
  using ClusterCore::ClusterCore;
};

Cluster::Cluster(asio::any_io_executor executor, ClusterOptions options, ClusterObserver* observer)
    : impl_(std::make_shared<Impl>(std::move(executor), std::move(options), observer)) {
  impl_->Start();
}

Cluster::~Cluster() { impl_->Close(); }

asio::awaitable<ClusterAnswer> Cluster::Execute(KeyedCommand command, base::Deadline deadline,
                                                ClusterCallOptions options) {
  std::vector<KeyedCommand> one;
  one.push_back(std::move(command));
  Answers answers = co_await ExecuteAll(std::move(one), deadline, options);
  co_return std::move(answers[0]);
}

asio::awaitable<Answers> Cluster::ExecuteAll(std::vector<KeyedCommand> commands,
                                             base::Deadline deadline, ClusterCallOptions options) {
  return Await(std::make_shared<ClusterCall>(impl_, deadline, options, std::move(commands)));
}

asio::awaitable<Answers> Cluster::MGet(std::vector<std::string> keys, base::Deadline deadline,
                                       ClusterCallOptions options) {
  return Await(std::make_shared<ClusterCall>(impl_, deadline, options, std::move(keys)));
}

bool Cluster::Connected(std::string_view key) const {
  const impl::Link* const master = impl_->topology().MasterOf(KeySlot(key));
  return master != nullptr && master->connection().connected();
}

std::vector<ClusterNode> Cluster::Nodes() const { return impl_->topology().Nodes(); }

bool Cluster::ready() const { return impl_->topology().Fault().empty(); }

void Cluster::set_on_change(std::function<void(bool ready, const std::string& reason)> on_change) {
  impl_->set_on_change(std::move(on_change));
}

const Cluster::Counts& Cluster::counts() const { return impl_->counts(); }

absl::StatusOr<std::vector<std::string>> ParseSeeds(std::string_view text) {
  std::vector<std::string> seeds;
  for (size_t begin = 0; begin <= text.size();) {
    const size_t end = std::min(text.find(',', begin), text.size());
    std::string_view entry = text.substr(begin, end - begin);
    while (entry.starts_with(' ')) entry.remove_prefix(1);
    while (entry.ends_with(' ')) entry.remove_suffix(1);
    const auto address = base::NormalizeAddress(entry);
    if (!address.ok()) {
      return base::MakeStatus(
          absl::StatusCode::kInvalidArgument,
          "'" + std::string(entry) + "' is not host:port: expected " + "host:port[,host:port...]");
    }
    seeds.push_back(*address);
    begin = end + 1;
  }
  return seeds;
}

}  // namespace trellis::redis
