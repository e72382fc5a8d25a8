#ifndef CLIENTS_WEB_WEB_PAGE_H_
#define CLIENTS_WEB_WEB_PAGE_H_

#include <span>

#include "mesh/base/embedded_file.h"

namespace trellis::web {

// The page of / (index.html), its icon, and the scripts and styles that it loads, whose names hold
// a hash of their content. Empty when the gateway was built without npm's packages.
[[nodiscard]] std::span<const base::EmbeddedFile> PageFiles();

}  // namespace trellis::web

#endif  // CLIENTS_WEB_WEB_PAGE_H_
