#ifndef GATEWAY_TESTING_PARSE_SERVICE_H_
#define GATEWAY_TESTING_PARSE_SERVICE_H_

#include <string>

#include "google/protobuf/descriptor.h"

namespace trellis::gateway::testing {

// A service from the text format of google.protobuf.ServiceDescriptorProto, for tests of options
// that no linked service should have:
//
//   ParseService(R"(method { name: "A" options { [google.api.http] { get: "/a" } } })")
//
// The request is Lookup of kinds.proto and the response Kinds. Kept for ever. Dies when the text is
// wrong. Not thread-safe.
[[nodiscard]] const google::protobuf::ServiceDescriptor* ParseService(const std::string& text);

}  // namespace trellis::gateway::testing

#endif  // GATEWAY_TESTING_PARSE_SERVICE_H_
