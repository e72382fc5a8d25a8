#ifndef GATEWAY_ROUTING_FIELD_PATH_H_
#define GATEWAY_ROUTING_FIELD_PATH_H_

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "google/protobuf/descriptor.h"

namespace trellis::gateway {

// "a.b.c", resolved from a message type. An immutable value; descriptors are borrowed from their
// pool, which must outlive it.
struct FieldPath {
  // As it was written.
  std::string text;
  // From the request down; never empty. All but the last are singular messages.
  std::vector<const google::protobuf::FieldDescriptor*> chain;

  [[nodiscard]] const google::protobuf::FieldDescriptor* leaf() const { return chain.back(); }
};

// A field by its name in the .proto file or by its JSON name; null when there is none.
[[nodiscard]] const google::protobuf::FieldDescriptor* FindField(
    const google::protobuf::Descriptor& message, std::string_view name);

// NOT_FOUND names the part that does not exist or has no fields of its own.
[[nodiscard]] absl::StatusOr<FieldPath> ResolveFieldPath(
    const google::protobuf::Descriptor& message, std::string_view text);

}  // namespace trellis::gateway

#endif  // GATEWAY_ROUTING_FIELD_PATH_H_
