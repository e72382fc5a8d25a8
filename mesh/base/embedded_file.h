#ifndef MESH_BASE_EMBEDDED_FILE_H_
#define MESH_BASE_EMBEDDED_FILE_H_

#include <string_view>

namespace trellis::base {

// A file that the build has put into the program (trellis_embed_files in cmake/embed.cmake). Both
// views live for ever.
struct EmbeddedFile {
  std::string_view name;
  std::string_view content;
};

}  // namespace trellis::base

#endif  // MESH_BASE_EMBEDDED_FILE_H_
