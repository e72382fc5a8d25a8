#ifndef GATEWAY_TRANSCODING_JSON_WRITER_H_
#define GATEWAY_TRANSCODING_JSON_WRITER_H_

#include <string>
#include <string_view>

#include "gateway/routing/route.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"

namespace trellis::gateway {

// Writer of the proto3 JSON mapping (protobuf.dev/programming-guides/json): one line,
// lowerCamelCase names, 64-bit integers as strings (each unless `style` says otherwise), enums by
// name. A field without presence is
// always there, zero or empty; one with presence when it is set. Never fails: bytes that are not
// UTF-8 in a string become U+FFFD, a value that its well-known type does not allow (a year 10000)
// becomes null, and an Any of an unknown or undecodable type {"@type":...,"value":"<Base64>"}.
// Thread-safe, does not block. Map entries come in no order.
void AppendJson(const google::protobuf::Message& message, std::string* out, JsonStyle style = {});

// The value of one field; null when it has presence and is not set.
void AppendFieldJson(const google::protobuf::Message& message,
                     const google::protobuf::FieldDescriptor& field, std::string* out,
                     JsonStyle style = {});

// The body of a response: all of it, or the route's response_body, in the route's style.
void AppendResponseJson(const Route& route, const google::protobuf::Message& response,
                        std::string* out);

}  // namespace trellis::gateway

#endif  // GATEWAY_TRANSCODING_JSON_WRITER_H_
