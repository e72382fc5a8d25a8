#ifndef GATEWAY_UPSTREAM_HTTP2_TESTING_FAKE_SERVER_H_
#define GATEWAY_UPSTREAM_HTTP2_TESTING_FAKE_SERVER_H_

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/upstream/upstream.h"

struct nghttp2_session;

namespace trellis::gateway::http2::testing {

// The server's side of HTTP/2 in memory, which says what the test tells it to. Bytes in, bytes out,
// as Session. Not thread-safe.
class FakeServer {
 public:
  struct Call {
    int32_t id = 0;
    std::map<std::string, std::string> headers;
    std::string body;
    bool whole = false;  // the client has said all
    bool reset = false;  // by the client, with
    uint32_t reset_code = 0;
    size_t waiting = 0;  // bytes of the answer that the client's window does not let out
  };

  FakeServer();
  ~FakeServer();
  FakeServer(const FakeServer&) = delete;
  FakeServer& operator=(const FakeServer&) = delete;

  void Feed(std::string_view bytes);
  [[nodiscard]] std::string TakeOutput();

  // In the order they came; references stay valid.
  [[nodiscard]] size_t calls() const { return streams_.size(); }
  [[nodiscard]] const Call& call(size_t index) const;
  [[nodiscard]] int pings() const { return pings_; }

  // All for the call of this index.
  void SendHeaders(size_t index, const MetadataList& fields, bool last = false);
  void SendData(size_t index, std::string_view bytes);
  void SendTrailers(size_t index, const MetadataList& fields);
  void Reset(size_t index, uint32_t error_code);
  // A message in the way of gRPC.
  void SendMessage(size_t index, std::string_view message);
  // 200 and gRPC's content type; one message; grpc-status 0.
  void Answer(size_t index, std::string_view message);

  // How many calls may be under way at a time.
  void LimitCalls(uint32_t count);
  // Calls after the one of this id were not looked at.
  void GoAway(int32_t last_stream_id);

 private:
  struct Stream;
  struct Callbacks;

  nghttp2_session* session_ = nullptr;
  int pings_ = 0;
  std::vector<std::unique_ptr<Stream>> streams_;
};

}  // namespace trellis::gateway::http2::testing

#endif  // GATEWAY_UPSTREAM_HTTP2_TESTING_FAKE_SERVER_H_
