#ifndef MESH_BASE_CHARACTERS_H_
#define MESH_BASE_CHARACTERS_H_

#include <algorithm>
#include <cstddef>
#include <string_view>

namespace trellis::base {

// Code points of UTF-8, as the strings of protobuf are.
[[nodiscard]] inline size_t CountCharacters(std::string_view utf8) {
  return static_cast<size_t>(std::count_if(utf8.begin(), utf8.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xc0) != 0x80;
  }));
}

}  // namespace trellis::base

#endif  // MESH_BASE_CHARACTERS_H_
