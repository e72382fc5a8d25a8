#ifndef TESTS_SUPPORT_HTTP_CLIENT_H_
#define TESTS_SUPPORT_HTTP_CLIENT_H_

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "mesh/base/deadline.h"
#include "mesh/base/status.h"

namespace trellis::testing {

using HttpHeaders = std::vector<std::pair<std::string, std::string>>;

struct HttpReply {
  int status = 0;
  HttpHeaders headers;
  std::string body;

  // The first header of that name, in any case; empty when there is none.
  [[nodiscard]] std::string Header(std::string_view name) const;
};

// An HTTP/1.1 client of loopback, as plain as can be: one connection that is opened when needed and
// kept, whole bodies, or the lines of a chunked stream, or raw bytes for requests that no client
// library would send. Blocks, each step at most `patience`. Not thread-safe. Errors: UNAVAILABLE
// when the peer is away or closes (after sending, the outcome of the request is unknown),
// DEADLINE_EXCEEDED, DATA_LOSS for what is not HTTP. The connection is closed after an error.
class HttpClient {
 public:
  explicit HttpClient(int port, base::milliseconds patience = base::milliseconds(15000))
      : port_(port), patience_(patience) {}
  ~HttpClient() { Close(); }
  HttpClient(HttpClient&& other) noexcept;
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  absl::StatusOr<HttpReply> Request(const std::string& method, const std::string& target,
                                    const HttpHeaders& headers = {}, const std::string& body = {});
  absl::StatusOr<HttpReply> Get(const std::string& target, const HttpHeaders& headers = {}) {
    return Request("GET", target, headers);
  }
  absl::StatusOr<HttpReply> PostJson(const std::string& target, const std::string& json) {
    return Request("POST", target, {{"Content-Type", "application/json"}}, json);
  }
  // As curl -d does it.
  absl::StatusOr<HttpReply> PostForm(const std::string& target, const std::string& body) {
    return Request("POST", target, {{"Content-Type", "application/x-www-form-urlencoded"}}, body);
  }

  // Sends a GET and reads the head of the answer; its body comes line by line.
  absl::StatusOr<HttpReply> OpenStream(const std::string& target, const HttpHeaders& headers = {});
  // The next line of a chunked body, without its end. OUT_OF_RANGE at the end of the body.
  absl::StatusOr<std::string> ReadLine();

  absl::Status SendRaw(std::string_view bytes);
  // The head and, with `head_only` false, the body by Content-Length or chunks.
  absl::StatusOr<HttpReply> ReadReply(bool head_only = false);
  // True when the peer closes within the patience, whatever it says before.
  [[nodiscard]] bool PeerCloses();

  void Close();

 private:
  absl::Status Connect();
  absl::Status ReadSome();
  absl::Status ReadUntil(std::string_view mark);
  absl::Status ReadCount(size_t count);
  // Appends one chunk to `out`; OUT_OF_RANGE for the last one.
  absl::Status ReadChunk(std::string* out);
  absl::Status Fail(absl::StatusCode code, const std::string& what);

  const int port_;
  const base::milliseconds patience_;
  base::Deadline deadline_ = base::Deadline::Infinite();
  int fd_ = -1;
  std::string buffer_;  // received and not yet taken
  std::string lines_;   // of a stream, without the chunks' frames
};

}  // namespace trellis::testing

#endif  // TESTS_SUPPORT_HTTP_CLIENT_H_
