#ifndef GATEWAY_HTTP_STATIC_FILES_H_
#define GATEWAY_HTTP_STATIC_FILES_H_

#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "mesh/http/server.h"

namespace trellis::gateway {

// Answers under a fixed list of paths: there is no directory that a path could lead out of. Each
// has an entity tag, the hash of its content, and is asked for anew each time, which costs a 304
// when nothing has changed (RFC 9110, sections 8.8.3 and 13.1.2), unless its path is said to change
// with its content. Thread-safe once all are added.
class StaticFiles {
 public:
  struct Content {
    std::string_view type;  // must live as long as this
    std::string body;
    std::vector<std::pair<std::string, std::string>> headers = {};
  };

  // Replaces what is under the path.
  void Add(const std::string& path, Content content);
  // For a path that has no other content, ever: clients keep it without asking again (RFC 8246).
  void AddImmutable(const std::string& path, Content content);
  // A fixed answer that is not 200, and is not kept by clients.
  void AddStatus(const std::string& path, int status, Content content);

  // False when there is nothing under this path. Only GET and HEAD are taken, any other method is
  // answered with 405.
  [[nodiscard]] bool Answer(const http::Request& request, http::Response* response) const;

 private:
  struct Entry {
    int status;
    Content content;
    std::string etag;  // empty: none
    std::string_view cache_control;
  };
  std::unordered_map<std::string, Entry> entries_;
};

// By the name's ending: "text/css; charset=utf-8". application/octet-stream for an unknown one.
[[nodiscard]] std::string_view ContentTypeOfFile(std::string_view name);

}  // namespace trellis::gateway

#endif  // GATEWAY_HTTP_STATIC_FILES_H_
