#include "mesh/redis/impl/link.h"

#include <utility>

#include "mesh/redis/impl/cluster_call.h"
#include "mesh/redis/impl/redirect.h"

namespace trellis::redis::impl {
namespace {

ConnectionOptions WithGreeting(ConnectionOptions options, std::string address, bool read_only) {
  options.address = std::move(address);
  options.greeting.emplace_back("INFO", "server");
  options.greeting.emplace_back("INFO", "replication");
  if (read_only) options.greeting.emplace_back("READONLY");
  return options;
}

}  // namespace

Link::Link(boost::asio::any_io_executor executor, ConnectionOptions options, std::string address,
           bool read_only, OnChange on_change)
    : address_(std::move(address)), read_only_(read_only), connection_(std::move(executor), [&] {
        ConnectionOptions greeting = WithGreeting(std::move(options), address_, read_only);
        greeting.on_greeting = [this](const std::vector<Reply>& answers) {
          run_id_ = InfoField(answers[0].Text(), "run_id");
          Checked(answers[1]);
          CheckSent(std::chrono::steady_clock::now());
          suspect = false;
        };
        return greeting;
      }()) {
  connection_.set_on_change(
      [this, on_change = std::move(on_change)](bool connected, const std::string& reason) {
        on_change(*this, connected, reason);
      });
}

Link::~Link() = default;

void Link::Checked(const Reply& info) {
  const std::string_view replication_id = InfoField(info.Text(), "master_replid");
  if (!replication_id.empty()) incarnation_ = IncarnationOf(run_id_, replication_id);
}

}  // namespace trellis::redis::impl
