#include "gateway/transcoding/scalar_text.h"

#include <charconv>
#include <cmath>
#include <limits>
#include <string>

#include "absl/strings/charconv.h"
#include "gateway/transcoding/base64.h"
#include "simdjson.h"

namespace trellis::gateway {
namespace {

using google::protobuf::FieldDescriptor;

constexpr const char* kNotANumber = "expected a number";
constexpr const char* kNotWhole = "expected a whole number";
constexpr const char* kOutOfRange = "out of range";
// More digits than any 64-bit integer has.
constexpr int kMaxDigits = 20;

size_t CountDigits(std::string_view text) {
  size_t count = 0;
  while (count < text.size() && text[count] >= '0' && text[count] <= '9') ++count;
  return count;
}

template <typename T>
const char* ParseNumberAs(std::string_view text, T* out) {
  if (!IsJsonNumber(text)) return kNotANumber;
  // Unlike std::from_chars, Abseil's tells an underflow (0) from an overflow (the largest value).
  const auto error = absl::from_chars(text.data(), text.data() + text.size(), *out).ec;
  return error == std::errc::result_out_of_range && std::abs(*out) > 1 ? kOutOfRange : nullptr;
}

template <typename T>
const char* ParseFloatingAs(std::string_view text, T* out) {
  if (text == "NaN") {
    *out = std::numeric_limits<T>::quiet_NaN();
  } else if (text == "Infinity") {
    *out = std::numeric_limits<T>::infinity();
  } else if (text == "-Infinity") {
    *out = -std::numeric_limits<T>::infinity();
  } else {
    return ParseNumberAs(text, out);
  }
  return nullptr;
}

// Rewrites a JSON number with a fraction or an exponent as plain digits, in decimal, since a double
// would round away both fractions and digits. Null on success.
const char* ToPlainDigits(std::string_view number, std::string* out) {
  if (number.front() == '-') out->push_back('-');
  const size_t sign = out->size();
  const size_t mark = number.find_first_of("eE");
  int64_t exponent = 0;
  if (mark != std::string_view::npos) {
    const size_t digits = mark + (number[mark + 1] == '+' ? 2 : 1);
    const char* end = number.data() + number.size();
    if (std::from_chars(number.data() + digits, end, exponent).ec != std::errc()) {
      exponent = number[digits] == '-' ? std::numeric_limits<int32_t>::min()
                                       : std::numeric_limits<int32_t>::max();
    }
  }
  bool in_fraction = false;
  for (const char c : number.substr(sign, mark - sign)) {
    if (c == '.') {
      in_fraction = true;
    } else {
      if (in_fraction) --exponent;
      if (c != '0' || out->size() > sign) out->push_back(c);
    }
  }
  while (out->size() > sign && out->back() == '0') {
    out->pop_back();
    ++exponent;
  }
  if (out->size() == sign) {
    out->push_back('0');
    return nullptr;
  }
  if (exponent < 0) return kNotWhole;
  if (exponent > kMaxDigits) return kOutOfRange;
  out->append(static_cast<size_t>(exponent), '0');
  return nullptr;
}

template <typename T>
const char* ParseIntegerAs(std::string_view text, T* out) {
  const char* end = text.data() + text.size();
  auto result = std::from_chars(text.data(), end, *out);
  if (result.ec == std::errc() && result.ptr == end) {
    const size_t first = text.front() == '-' ? 1 : 0;
    return text[first] == '0' && text.size() > first + 1 ? kNotANumber : nullptr;
  }
  if (!IsJsonNumber(text)) return kNotANumber;
  std::string digits;
  if (const char* problem = ToPlainDigits(text, &digits)) return problem;
  if (digits == "-0") digits = "0";
  end = digits.data() + digits.size();
  result = std::from_chars(digits.data(), end, *out);
  return result.ec == std::errc() && result.ptr == end ? nullptr : kOutOfRange;
}

template <typename T, typename Parse>
const char* PutParsed(const FieldSink& sink, std::string_view text, Parse parse) {
  T value;
  if (const char* problem = parse(text, &value)) return problem;
  sink.Put(value);
  return nullptr;
}

template <typename T>
const char* PutInteger(const FieldSink& sink, std::string_view text) {
  return PutParsed<T>(sink, text, ParseIntegerAs<T>);
}

}  // namespace

bool IsJsonNumber(std::string_view text) {
  if (!text.empty() && text.front() == '-') text.remove_prefix(1);
  const size_t whole = CountDigits(text);
  if (whole == 0 || (whole > 1 && text.front() == '0')) return false;
  text.remove_prefix(whole);
  if (!text.empty() && text.front() == '.') {
    const size_t fraction = CountDigits(text.substr(1));
    if (fraction == 0) return false;
    text.remove_prefix(1 + fraction);
  }
  if (!text.empty() && (text.front() == 'e' || text.front() == 'E')) {
    text.remove_prefix(1);
    if (!text.empty() && (text.front() == '+' || text.front() == '-')) text.remove_prefix(1);
    const size_t exponent = CountDigits(text);
    if (exponent == 0) return false;
    text.remove_prefix(exponent);
  }
  return text.empty();
}

const char* ParseInteger(std::string_view text, int32_t* out) { return ParseIntegerAs(text, out); }
const char* ParseInteger(std::string_view text, uint32_t* out) { return ParseIntegerAs(text, out); }
const char* ParseInteger(std::string_view text, int64_t* out) { return ParseIntegerAs(text, out); }
const char* ParseInteger(std::string_view text, uint64_t* out) { return ParseIntegerAs(text, out); }
const char* ParseNumber(std::string_view text, double* out) { return ParseNumberAs(text, out); }
const char* ParseNumber(std::string_view text, float* out) { return ParseNumberAs(text, out); }
const char* ParseFloating(std::string_view text, double* out) { return ParseFloatingAs(text, out); }
const char* ParseFloating(std::string_view text, float* out) { return ParseFloatingAs(text, out); }

const char* PutEnumName(const FieldSink& sink, std::string_view name) {
  const auto* value = sink.field().enum_type()->FindValueByName(std::string(name));
  if (value == nullptr) return "not a name of this enum";
  sink.PutEnum(value->number());
  return nullptr;
}

const char* PutEnumNumber(const FieldSink& sink, std::string_view number) {
  int32_t value;
  if (const char* problem = ParseInteger(number, &value)) return problem;
  const auto& type = *sink.field().enum_type();
  // NullValue is open too, but null is all that can be written of it.
  const bool is_open =
      sink.field().file()->syntax() == google::protobuf::FileDescriptor::SYNTAX_PROTO3 &&
      type.full_name() != "google.protobuf.NullValue";
  if (!is_open && type.FindValueByNumber(value) == nullptr) {
    return "not a number of this enum";
  }
  sink.PutEnum(value);
  return nullptr;
}

const char* PutBase64(const FieldSink& sink, std::string_view text) {
  std::string bytes;
  if (!DecodeBase64(text, &bytes)) return "expected Base64";
  sink.Put(std::move(bytes));
  return nullptr;
}

const char* PutScalarText(const FieldSink& sink, std::string_view text) {
  switch (sink.field().cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32:
      return PutInteger<int32_t>(sink, text);
    case FieldDescriptor::CPPTYPE_INT64:
      return PutInteger<int64_t>(sink, text);
    case FieldDescriptor::CPPTYPE_UINT32:
      return PutInteger<uint32_t>(sink, text);
    case FieldDescriptor::CPPTYPE_UINT64:
      return PutInteger<uint64_t>(sink, text);
    case FieldDescriptor::CPPTYPE_FLOAT:
      return PutParsed<float>(sink, text, ParseFloatingAs<float>);
    case FieldDescriptor::CPPTYPE_DOUBLE:
      return PutParsed<double>(sink, text, ParseFloatingAs<double>);
    case FieldDescriptor::CPPTYPE_BOOL:
      if (text != "true" && text != "false") return "expected true or false";
      sink.Put(text == "true");
      return nullptr;
    case FieldDescriptor::CPPTYPE_ENUM:
      return !text.empty() && (text[0] == '-' || CountDigits(text) > 0) ? PutEnumNumber(sink, text)
                                                                        : PutEnumName(sink, text);
    case FieldDescriptor::CPPTYPE_STRING:
      if (sink.field().type() == FieldDescriptor::TYPE_BYTES) return PutBase64(sink, text);
      if (!simdjson::validate_utf8(text.data(), text.size())) return "not valid UTF-8";
      sink.Put(std::string(text));
      return nullptr;
    case FieldDescriptor::CPPTYPE_MESSAGE:
      break;
  }
  return "not a scalar field";
}

}  // namespace trellis::gateway
