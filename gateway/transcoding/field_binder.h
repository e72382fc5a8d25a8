#ifndef GATEWAY_TRANSCODING_FIELD_BINDER_H_
#define GATEWAY_TRANSCODING_FIELD_BINDER_H_

#include <string>
#include <string_view>

#include "absl/container/inlined_vector.h"
#include "absl/status/status.h"
#include "gateway/routing/field_path.h"
#include "gateway/routing/route.h"
#include "gateway/transcoding/json_reader.h"
#include "google/protobuf/message.h"

namespace trellis::gateway {

// Puts path variables and query parameters into a request and remembers where, so that nothing is
// set twice. Borrows both; not thread-safe. Errors are as FillRequest's.
class FieldBinder {
 public:
  FieldBinder(const Route& route, google::protobuf::Message* request)
      : route_(route), request_(*request) {}

  [[nodiscard]] absl::Status BindPath(const PathBindings& bindings);
  [[nodiscard]] absl::Status BindQuery(std::string_view raw_query);

  [[nodiscard]] absl::Span<const BoundField> bound() const { return bound_; }
  [[nodiscard]] bool IsBound(const google::protobuf::Message& message,
                             const google::protobuf::FieldDescriptor& field) const;

 private:
  [[nodiscard]] absl::Status BindParameter(std::string_view raw_name, std::string_view raw_value);
  // The message that holds the last field of `path`, made as needed.
  [[nodiscard]] absl::Status Descend(const FieldPath& path, google::protobuf::Message** out) const;
  [[nodiscard]] absl::Status Put(const FieldPath& path, std::string_view text, bool from_query);

  const Route& route_;
  google::protobuf::Message& request_;
  absl::InlinedVector<BoundField, 4> bound_;
};

}  // namespace trellis::gateway

#endif  // GATEWAY_TRANSCODING_FIELD_BINDER_H_
