#ifndef GATEWAY_TRANSCODING_JSON_READER_H_
#define GATEWAY_TRANSCODING_JSON_READER_H_

#include <string_view>

#include "absl/status/status.h"
#include "absl/types/span.h"
#include "google/protobuf/message.h"

namespace trellis::gateway {

// Strict reader of the proto3 JSON mapping (protobuf.dev/programming-guides/json). Refused besides
// what is not JSON (RFC 8259): unknown fields, wrong types, numbers out of range or with a fraction
// where whole ones belong, keys given twice, two members of a oneof, bad UTF-8, lone surrogates,
// data behind the value, more than 64 levels. Fields go by their JSON or .proto names; null leaves
// a field alone. Errors are INVALID_ARGUMENT with google.rpc.BadRequest for the first violation:
// the field is the path as written ("jobs[3].delay", "labels[\"a\"]"), or "body" where there is
// none, as with a syntax error. Thread-safe; each thread keeps buffers of some
// seven times its longest text.

// A field that has its value from elsewhere already. In the JSON it may only be repeated with an
// equal value, and not at all when it came from the query. Borrows both.
struct BoundField {
  const google::protobuf::Message* message;
  const google::protobuf::FieldDescriptor* field;
  bool from_query;
};

// Adds what the JSON holds to *message, which is left half filled by an error.
[[nodiscard]] absl::Status ReadJson(std::string_view json, google::protobuf::Message* message,
                                    absl::Span<const BoundField> bound = {});

// The same for a JSON text that is the value of one field of *message.
[[nodiscard]] absl::Status ReadJsonField(std::string_view json,
                                         const google::protobuf::FieldDescriptor& field,
                                         google::protobuf::Message* message,
                                         absl::Span<const BoundField> bound = {});

}  // namespace trellis::gateway

#endif  // GATEWAY_TRANSCODING_JSON_READER_H_
