#ifndef GATEWAY_TRANSCODING_BASE64_H_
#define GATEWAY_TRANSCODING_BASE64_H_

#include <string>
#include <string_view>

namespace trellis::gateway {

// Base64 as the JSON mapping has it (RFC 4648): written with the standard alphabet and padding;
// read with the standard or the URL-safe one, not both, padded or not. Unlike absl::Base64Unescape,
// white space is an error. Pure functions, thread-safe.
void AppendBase64(std::string_view bytes, std::string* out);

// False when it is not Base64; *out is unspecified then.
[[nodiscard]] bool DecodeBase64(std::string_view text, std::string* out);

}  // namespace trellis::gateway

#endif  // GATEWAY_TRANSCODING_BASE64_H_
