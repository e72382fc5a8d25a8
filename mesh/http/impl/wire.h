#ifndef MESH_HTTP_IMPL_WIRE_H_
#define MESH_HTTP_IMPL_WIRE_H_

#include <string>
#include <string_view>

#include "mesh/http/server.h"

namespace trellis::http::impl {

// The status line and headers of a response, ending in the empty line. `chunked` instead of a
// Content-Length. Header values are stripped of CR and LF, so a handler cannot split a response.
[[nodiscard]] std::string Head(const Response& response, bool chunked, bool keep_alive);

// A response of the server's own, in the form of google.rpc.Status.
[[nodiscard]] Response ErrorResponse(int http_status, std::string_view message);

// One chunk of a chunked body; an empty one ends it.
[[nodiscard]] std::string Chunk(std::string_view bytes);

// Path and query of a request target in origin-form, absolute-form or "*" (RFC 9112, 3.2), into
// views of `target`. False for any other.
[[nodiscard]] bool SplitTarget(std::string_view target, std::string_view* path,
                               std::string_view* query);

[[nodiscard]] bool EqualsIgnoreCase(std::string_view a, std::string_view b);

}  // namespace trellis::http::impl

#endif  // MESH_HTTP_IMPL_WIRE_H_
