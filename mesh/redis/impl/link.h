#ifndef MESH_REDIS_IMPL_LINK_H_
#define MESH_REDIS_IMPL_LINK_H_

#include <functional>
#include <memory>
#include <string>

#include "mesh/redis/connection.h"

namespace trellis::redis::impl {

class NodeBatch;

// A connection to one node of a cluster that knows which life of the node is at its other end.
// Lives on one reactor; not movable, since its connection refers to it.
class Link {
 public:
  using OnChange = std::function<void(Link& link, bool connected, const std::string& reason)>;

  // `read_only`: the node's replica serves reads on it. `options` without its address.
  Link(boost::asio::any_io_executor executor, ConnectionOptions options, std::string address,
       bool read_only, OnChange on_change);
  ~Link();
  Link(const Link&) = delete;
  Link& operator=(const Link&) = delete;

  [[nodiscard]] const std::string& address() const { return address_; }
  [[nodiscard]] bool read_only() const { return read_only_; }
  [[nodiscard]] Connection& connection() { return connection_; }
  [[nodiscard]] const Connection& connection() const { return connection_; }
  // Whether the last end of a batch was that of its deadline.
  bool suspect = false;

  // The number for the node's life, as of the last look.
  [[nodiscard]] uint64_t incarnation() const { return incarnation_; }
  // Whether INFO replication is to go before the next commands: a master can be deposed and
  // promoted again while the connection stands. So it is looked at again after each sign of a
  // change, and when the last look is older than failing over twice takes.
  [[nodiscard]] bool CheckDue(base::SteadyTime now) const {
    return check_due_ || now - checked_at_ >= kCheckEvery;
  }
  void WantCheck() { check_due_ = true; }
  void CheckSent(base::SteadyTime now) {
    check_due_ = false;
    checked_at_ = now;
  }
  // What INFO replication said.
  void Checked(const Reply& info);

  // What is being gathered for this link in the present step of a call; null between steps.
  std::unique_ptr<NodeBatch> gathering;
  std::string gathered;  // as it goes over the wire

 private:
  static constexpr base::milliseconds kCheckEvery{500};

  const std::string address_;
  const bool read_only_;
  std::string run_id_;
  uint64_t incarnation_ = 0;
  base::SteadyTime checked_at_{};
  bool check_due_ = false;
  Connection connection_;
};

}  // namespace trellis::redis::impl

#endif  // MESH_REDIS_IMPL_LINK_H_
