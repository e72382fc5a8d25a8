#ifndef GATEWAY_HTTP_DOCS_PAGES_H_
#define GATEWAY_HTTP_DOCS_PAGES_H_

#include <span>
#include <string>

#include "gateway/http/static_files.h"
#include "mesh/base/embedded_file.h"

namespace trellis::gateway {

// The documentation that the gateway serves: `document` at /openapi.json; at /docs the page
// index.html of `ui`, and its other files below /docs/. Nothing of it refers to another host, which
// the Content-Security-Policy enforces. Without files /docs answers 503 and says why.
void AddDocsPages(std::string document, std::span<const base::EmbeddedFile> ui, StaticFiles* files);

}  // namespace trellis::gateway

#endif  // GATEWAY_HTTP_DOCS_PAGES_H_
