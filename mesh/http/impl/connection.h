#ifndef MESH_HTTP_IMPL_CONNECTION_H_
#define MESH_HTTP_IMPL_CONNECTION_H_

#include <atomic>
#include <boost/asio/ip/tcp.hpp>
#include <unordered_set>

#include "mesh/http/server.h"

namespace trellis::http::impl {

class Connection;

// What the connections of one reactor share. Used on that reactor's thread, but for the atomics.
struct Shard {
  size_t reactor = 0;
  const ServerOptions* options = nullptr;
  Handler* handler = nullptr;
  std::unordered_set<Connection*> connections;
  bool draining = false;
  std::atomic<int>* open = nullptr;  // of the whole server
};

// Serves one accepted socket until it ends. Keeps itself alive.
void Serve(boost::asio::ip::tcp::socket socket, Shard& shard);

// Cuts connections that are over their time, tells handlers whose client is gone, and closes idle
// ones when draining. Called a few times a second: cheaper than a timer for each read and write.
void Sweep(Shard& shard);

// Closes every connection of the shard.
void CloseAll(Shard& shard);

}  // namespace trellis::http::impl

#endif  // MESH_HTTP_IMPL_CONNECTION_H_
