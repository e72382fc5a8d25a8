#ifndef MESH_BASE_JSON_STRING_H_
#define MESH_BASE_JSON_STRING_H_

#include <string>
#include <string_view>

namespace trellis::base {

// Appends `text` as a JSON string, quotes included; bytes that are not UTF-8 become U+FFFD.
// Thread-safe.
void AppendJsonString(std::string_view text, std::string* out);

}  // namespace trellis::base

#endif  // MESH_BASE_JSON_STRING_H_
