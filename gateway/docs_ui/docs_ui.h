#ifndef GATEWAY_DOCS_UI_DOCS_UI_H_
#define GATEWAY_DOCS_UI_DOCS_UI_H_

#include <span>

#include "mesh/base/embedded_file.h"

namespace trellis::gateway {

// The page of /docs (index.html) and what it loads. Empty when the gateway was built without npm's
// packages.
[[nodiscard]] std::span<const base::EmbeddedFile> DocsUiFiles();

}  // namespace trellis::gateway

#endif  // GATEWAY_DOCS_UI_DOCS_UI_H_
