#ifndef GATEWAY_UPSTREAM_BATCH_FORM_H_
#define GATEWAY_UPSTREAM_BATCH_FORM_H_

#include <string>

#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"
#include "mesh/base/status.h"

namespace trellis::gateway {

// The messages of a batch method, in the form that trellis/http/v1/options.proto gives them, put
// together and taken apart. Immutable, thread-safe.
class BatchForm {
 public:
  // Of what `method` names as its batch method. INVALID_ARGUMENT says what is wrong with it.
  [[nodiscard]] static absl::StatusOr<BatchForm> Of(
      const google::protobuf::MethodDescriptor& method);

  [[nodiscard]] const std::string& rpc_path() const { return rpc_path_; }
  [[nodiscard]] std::unique_ptr<google::protobuf::Message> NewRequest() const;
  [[nodiscard]] std::unique_ptr<google::protobuf::Message> NewResponse() const;

  // One more request, with its trace context.
  void Add(const google::protobuf::Message& request, const std::string& traceparent,
           google::protobuf::Message* batch) const;
  [[nodiscard]] int ResultCount(const google::protobuf::Message& response) const;
  // The i-th result: moves its response out, or answers its error.
  [[nodiscard]] absl::Status TakeResult(int i, google::protobuf::Message* batch,
                                        google::protobuf::Message* response) const;

 private:
  BatchForm() = default;

  std::string rpc_path_;
  const google::protobuf::Message* request_ = nullptr;  // prototypes, owned by their factory
  const google::protobuf::Message* response_ = nullptr;
  const google::protobuf::FieldDescriptor* requests_ = nullptr;
  const google::protobuf::FieldDescriptor* traceparents_ = nullptr;
  const google::protobuf::FieldDescriptor* results_ = nullptr;
  const google::protobuf::FieldDescriptor* result_response_ = nullptr;
  const google::protobuf::FieldDescriptor* result_error_ = nullptr;
};

}  // namespace trellis::gateway

#endif  // GATEWAY_UPSTREAM_BATCH_FORM_H_
