#ifndef GATEWAY_HTTP_WEB_PAGES_H_
#define GATEWAY_HTTP_WEB_PAGES_H_

#include <span>

#include "gateway/http/static_files.h"
#include "mesh/base/embedded_file.h"

namespace trellis::gateway {

// The web page that the gateway serves: index.html of `page` at / and at the paths below /ui/ that
// it has for its parts, its icon at /ui/, and the files whose names hold a hash below /ui/assets/,
// which clients keep for ever. No route of an RPC may be there. Nothing of it refers to another
// host, which the Content-Security-Policy enforces. Without files / answers 503 and says why.
void AddWebPages(std::span<const base::EmbeddedFile> page, StaticFiles* files);

}  // namespace trellis::gateway

#endif  // GATEWAY_HTTP_WEB_PAGES_H_
