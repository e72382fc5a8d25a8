#ifndef GATEWAY_TRANSCODING_SCALAR_TEXT_H_
#define GATEWAY_TRANSCODING_SCALAR_TEXT_H_

#include <cstdint>
#include <string_view>

#include "gateway/transcoding/field_sink.h"

namespace trellis::gateway {

// Scalars from text: JSON tokens, path variables and query parameters. Thread-safe. Functions that
// can fail answer null on success and otherwise what is wrong, for a person, as a constant.

// RFC 8259, section 6.
[[nodiscard]] bool IsJsonNumber(std::string_view text);

// Whole numbers in JSON's notation, exact; "1.0" and "1e3" are whole.
[[nodiscard]] const char* ParseInteger(std::string_view text, int32_t* out);
[[nodiscard]] const char* ParseInteger(std::string_view text, uint32_t* out);
[[nodiscard]] const char* ParseInteger(std::string_view text, int64_t* out);
[[nodiscard]] const char* ParseInteger(std::string_view text, uint64_t* out);

// Numbers in JSON's notation, rounded to the nearest; what rounds to infinity is out of range.
[[nodiscard]] const char* ParseNumber(std::string_view text, double* out);
[[nodiscard]] const char* ParseNumber(std::string_view text, float* out);

// As ParseNumber, and "NaN", "Infinity" and "-Infinity".
[[nodiscard]] const char* ParseFloating(std::string_view text, double* out);
[[nodiscard]] const char* ParseFloating(std::string_view text, float* out);

// Fills any field but a message. Numbers are as ParseInteger and ParseFloating have them, bool is
// true or false, an enum is a name or a number, bytes are Base64, strings must be UTF-8.
[[nodiscard]] const char* PutScalarText(const FieldSink& sink, std::string_view text);

// An enum by name, or by number. An open enum (proto3) takes unknown numbers.
[[nodiscard]] const char* PutEnumName(const FieldSink& sink, std::string_view name);
[[nodiscard]] const char* PutEnumNumber(const FieldSink& sink, std::string_view number);

// Base64 into a bytes field.
[[nodiscard]] const char* PutBase64(const FieldSink& sink, std::string_view text);

}  // namespace trellis::gateway

#endif  // GATEWAY_TRANSCODING_SCALAR_TEXT_H_
