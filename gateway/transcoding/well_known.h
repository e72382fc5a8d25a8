#ifndef GATEWAY_TRANSCODING_WELL_KNOWN_H_
#define GATEWAY_TRANSCODING_WELL_KNOWN_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "gateway/transcoding/message_plan.h"
#include "google/protobuf/message.h"

namespace trellis::gateway {

// Well-known types whose JSON form is a string. Pure functions, thread-safe. Source: the comments
// of google/protobuf/{timestamp,duration,field_mask}.proto.

// 1972-01-01T10:00:20.021Z (RFC 3339), years 1-9999. Parse takes an offset instead of "Z" too.
// False: not of that form or out of range; outputs are unspecified then.
[[nodiscard]] bool ParseTimestamp(std::string_view text, int64_t* seconds, int32_t* nanos);
[[nodiscard]] bool AppendTimestamp(int64_t seconds, int32_t nanos, std::string* out);

// -3.000000001s, up to 315,576,000,000 s (10,000 years) either way.
[[nodiscard]] bool ParseDuration(std::string_view text, int64_t* seconds, int32_t* nanos);
[[nodiscard]] bool AppendDuration(int64_t seconds, int32_t nanos, std::string* out);

// userName,address.zipCode for the paths user_name and address.zip_code. The parser refuses what
// has no such form; the writer leaves it as it is.
[[nodiscard]] bool ParseFieldMask(std::string_view text, google::protobuf::Message* mask);
void AppendFieldMask(const google::protobuf::Message& mask, std::string* out);

// Fills a Timestamp, Duration, FieldMask or wrapper from its text form. Null on success, otherwise
// what is wrong; so too for every other type.
[[nodiscard]] const char* PutWellKnownText(std::string_view text, const MessagePlan& plan,
                                           const google::protobuf::Reflection& reflection,
                                           google::protobuf::Message* message);

}  // namespace trellis::gateway

#endif  // GATEWAY_TRANSCODING_WELL_KNOWN_H_
