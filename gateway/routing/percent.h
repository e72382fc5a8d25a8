#ifndef GATEWAY_ROUTING_PERCENT_H_
#define GATEWAY_ROUTING_PERCENT_H_

#include <string>
#include <string_view>

namespace trellis::gateway {

// Percent-encoding of URLs (RFC 3986, section 2.1). Pure functions, thread-safe.

enum class PercentMode {
  // Every escape is decoded: values of one path segment.
  kAll,
  // Escapes of RFC 6570's reserved characters (":/?#[]@!$&'()*+,;=") stay as they are: values of
  // several path segments, so that a "%2F" within one is told from a "/" between two. As in
  // httpjson-transcoding, "%25" is decoded, so "%252F" and "%2F" become the same.
  kKeepReserved,
  // As kAll, and "+" is a space: application/x-www-form-urlencoded, query parameters.
  kForm,
};

// False when a "%" is not followed by two hexadecimal digits.
[[nodiscard]] bool IsWellFormedPercent(std::string_view text);

// Appends the decoded text; false (and *out unspecified) when it is malformed.
[[nodiscard]] bool AppendPercentDecoded(std::string_view text, PercentMode mode, std::string* out);

}  // namespace trellis::gateway

#endif  // GATEWAY_ROUTING_PERCENT_H_
