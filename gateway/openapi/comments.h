#ifndef GATEWAY_OPENAPI_COMMENTS_H_
#define GATEWAY_OPENAPI_COMMENTS_H_

#include <memory>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "google/protobuf/descriptor.h"

namespace trellis::gateway {

// The comments of .proto files, which descriptors linked into a program do not have. They are found
// by full name, so it does not matter which pool a descriptor is from. Immutable, thread-safe.
class Comments {
 public:
  // None at all.
  Comments();
  // A google.protobuf.FileDescriptorSet as `protoc --include_imports --include_source_info` writes
  // it. INVALID_ARGUMENT when it is not that.
  [[nodiscard]] static absl::StatusOr<Comments> Parse(std::string_view descriptor_set);

  // What stands before it and, on its line, behind it. Markdown as far as the author wrote any;
  // empty when there is none.
  [[nodiscard]] std::string Of(const google::protobuf::ServiceDescriptor& service) const;
  [[nodiscard]] std::string Of(const google::protobuf::MethodDescriptor& method) const;
  [[nodiscard]] std::string Of(const google::protobuf::Descriptor& message) const;
  [[nodiscard]] std::string Of(const google::protobuf::FieldDescriptor& field) const;
  [[nodiscard]] std::string Of(const google::protobuf::EnumDescriptor& type) const;
  [[nodiscard]] std::string Of(const google::protobuf::EnumValueDescriptor& value) const;

 private:
  std::unique_ptr<google::protobuf::DescriptorPool> pool_;
};

}  // namespace trellis::gateway

#endif  // GATEWAY_OPENAPI_COMMENTS_H_
