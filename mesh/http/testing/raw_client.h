#ifndef MESH_HTTP_TESTING_RAW_CLIENT_H_
#define MESH_HTTP_TESTING_RAW_CLIENT_H_

#include <string>
#include <string_view>

namespace trellis::http::testing {

struct RawResponse {
  int status = 0;    // 0: there was none, or it was malformed or cut off
  std::string head;  // status line and headers, with the empty line
  std::string body;  // with chunks joined
  // The value of a header, in the spelling of the server; empty when there is none.
  [[nodiscard]] std::string Find(std::string_view name) const;
};

// One TCP connection to a server on loopback that sends what it is told to, well-formed or not.
// Blocks, but no longer than ten seconds at a time. Not thread-safe.
class RawClient {
 public:
  // `receive_buffer` in bytes; 0 for the system's own size.
  explicit RawClient(int port, int receive_buffer = 0);
  ~RawClient();
  RawClient(const RawClient&) = delete;
  RawClient& operator=(const RawClient&) = delete;

  [[nodiscard]] bool connected() const { return connected_; }
  // False when the server has cut the connection.
  bool Send(std::string_view bytes);
  // No more will be sent.
  void ShutdownWrite();
  void Close();

  // The next response, read by its Content-Length or chunks, otherwise up to the end. To a HEAD
  // request there is no body.
  [[nodiscard]] RawResponse Read(bool to_head = false);
  // All that comes until the server closes.
  [[nodiscard]] std::string ReadToEnd();
  // Waits for `bytes` bytes; gives fewer when the connection ends before.
  [[nodiscard]] std::string ReadBytes(size_t bytes);
  // Reads up to and including `mark`.
  [[nodiscard]] std::string ReadUntil(std::string_view mark);
  // Waits for the end of the connection; false when it stays open or something came first.
  [[nodiscard]] bool WaitClosed();

 private:
  // False at the end.
  bool Fill();
  [[nodiscard]] bool ReadChunks(std::string* body);

  int fd_;
  bool connected_ = false;
  bool timed_out_ = false;
  std::string buffer_;
};

}  // namespace trellis::http::testing

#endif  // MESH_HTTP_TESTING_RAW_CLIENT_H_
