#include "mesh/postgres/pool.h"

#include <boost/asio/async_result.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <vector>

#include "mesh/base/completion.h"
#include "mesh/postgres/impl/dispatcher.h"
#include "mesh/postgres/impl/worker.h"

namespace trellis::postgres {

namespace asio = boost::asio;

class ConnectionPool::Impl {
 public:
  explicit Impl(const PoolOptions& options) : dispatcher(options.queue_limit) {
    const impl::Target target{options.url, options.application_name, options.connect_timeout,
                              options.keep_plans ? "-c enable_seqscan=off -c jit=off" : ""};
    for (int i = 0; i < options.connections; ++i) {
      workers.push_back(std::make_unique<impl::Worker>(target, &dispatcher));
    }
  }

  impl::Dispatcher dispatcher;
  std::vector<std::unique_ptr<impl::Worker>> workers;
};

ConnectionPool::ConnectionPool(PoolOptions options) : impl_(std::make_unique<Impl>(options)) {}

ConnectionPool::~ConnectionPool() { impl_->dispatcher.Close(); }

void ConnectionPool::set_on_change(
    std::function<void(bool connected, const std::string& reason)> on_change) {
  impl_->dispatcher.set_on_change(std::move(on_change));
}

void ConnectionPool::Start() {
  impl_->dispatcher.Open();
  for (const auto& worker : impl_->workers) worker->Start();
}

asio::awaitable<absl::Status> ConnectionPool::Run(Work work, base::Deadline deadline, Form form) {
  if (deadline.Expired()) {
    co_return base::MakeStatus(absl::StatusCode::kDeadlineExceeded,
                               "the deadline had passed before postgres was asked");
  }
  asio::any_io_executor executor = co_await asio::this_coro::executor;
  auto job = std::make_unique<impl::Job>(
      impl::Job{std::move(work), deadline, form, std::move(executor), nullptr});
  co_return co_await asio::async_initiate<const asio::use_awaitable_t<>&, void(absl::Status)>(
      [this](auto handler, std::unique_ptr<impl::Job> submitted) {
        submitted->completion = base::MakeCompletion<absl::Status>(std::move(handler));
        impl_->dispatcher.Submit(std::move(submitted));
      },
      asio::use_awaitable, std::move(job));
}

}  // namespace trellis::postgres
