#ifndef GATEWAY_OPENAPI_SERVICE_DESCRIPTORS_H_
#define GATEWAY_OPENAPI_SERVICE_DESCRIPTORS_H_

#include <span>

#include "mesh/base/embedded_file.h"

namespace trellis::gateway {

// One file, a google.protobuf.FileDescriptorSet: the services of proto/ with their comments, which
// linked descriptors lack.
[[nodiscard]] std::span<const base::EmbeddedFile> ServiceDescriptors();

}  // namespace trellis::gateway

#endif  // GATEWAY_OPENAPI_SERVICE_DESCRIPTORS_H_
