#include "gateway/openapi/comments.h"

#include "google/protobuf/descriptor.pb.h"
#include "mesh/base/status.h"

namespace trellis::gateway {
namespace {

// Without the space behind "//" and white space at the ends.
std::string Clean(std::string_view comment) {
  std::string text;
  while (!comment.empty()) {
    const size_t end = std::min(comment.find('\n'), comment.size());
    std::string_view line = comment.substr(0, end);
    comment.remove_prefix(std::min(end + 1, comment.size()));
    if (!line.empty() && line.front() == ' ') line.remove_prefix(1);
    line = line.substr(0, line.find_last_not_of(" \t\r") + 1);
    if (line.empty() && text.empty()) continue;
    text.append(line).push_back('\n');
  }
  return text.substr(0, text.find_last_not_of('\n') + 1);
}

template <typename Descriptor>
std::string CommentsAt(const Descriptor* found) {
  google::protobuf::SourceLocation location;
  if (found == nullptr || !found->GetSourceLocation(&location)) return "";
  std::string text = Clean(location.leading_comments);
  const std::string behind = Clean(location.trailing_comments);
  if (!text.empty() && !behind.empty()) text += "\n\n";
  return text + behind;
}

}  // namespace

Comments::Comments() : pool_(std::make_unique<google::protobuf::DescriptorPool>()) {}

absl::StatusOr<Comments> Comments::Parse(std::string_view descriptor_set) {
  google::protobuf::FileDescriptorSet set;
  if (!set.ParseFromArray(descriptor_set.data(), static_cast<int>(descriptor_set.size()))) {
    return base::MakeStatus(absl::StatusCode::kInvalidArgument, "not a FileDescriptorSet");
  }
  Comments comments;
  for (const auto& file : set.file()) {  // what a file imports stands before it
    if (comments.pool_->BuildFile(file) == nullptr) {
      return base::MakeStatus(absl::StatusCode::kInvalidArgument,
                              file.name() + " of the FileDescriptorSet cannot be built");
    }
  }
  return comments;
}

std::string Comments::Of(const google::protobuf::ServiceDescriptor& service) const {
  return CommentsAt(pool_->FindServiceByName(service.full_name()));
}
std::string Comments::Of(const google::protobuf::MethodDescriptor& method) const {
  return CommentsAt(pool_->FindMethodByName(method.full_name()));
}
std::string Comments::Of(const google::protobuf::Descriptor& message) const {
  return CommentsAt(pool_->FindMessageTypeByName(message.full_name()));
}
std::string Comments::Of(const google::protobuf::FieldDescriptor& field) const {
  return CommentsAt(pool_->FindFieldByName(field.full_name()));
}
std::string Comments::Of(const google::protobuf::EnumDescriptor& type) const {
  return CommentsAt(pool_->FindEnumTypeByName(type.full_name()));
}
std::string Comments::Of(const google::protobuf::EnumValueDescriptor& value) const {
  return CommentsAt(pool_->FindEnumValueByName(value.full_name()));
}

}  // namespace trellis::gateway
