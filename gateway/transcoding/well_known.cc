#include "gateway/transcoding/well_known.h"

#include <charconv>
#include <chrono>
#include <cstdlib>

#include "gateway/transcoding/field_sink.h"
#include "gateway/transcoding/scalar_text.h"

namespace trellis::gateway {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

constexpr int64_t kMinTimestamp = -62135596800;  // 0001-01-01T00:00:00Z
constexpr int64_t kMaxTimestamp = 253402300799;  // 9999-12-31T23:59:59Z
constexpr int64_t kMaxDuration = 315576000000;
constexpr int32_t kNanosPerSecond = 1000000000;

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

bool TakeChar(std::string_view* text, char c) {
  if (text->empty() || text->front() != c) return false;
  text->remove_prefix(1);
  return true;
}

// Exactly `count` digits.
bool TakeDigits(std::string_view* text, size_t count, int* out) {
  if (text->size() < count) return false;
  *out = 0;
  for (size_t i = 0; i < count; ++i) {
    if (!IsDigit((*text)[i])) return false;
    *out = *out * 10 + ((*text)[i] - '0');
  }
  text->remove_prefix(count);
  return true;
}

// Nothing, or "." and 1-9 digits.
bool TakeFraction(std::string_view* text, int32_t* nanos) {
  *nanos = 0;
  if (!TakeChar(text, '.')) return true;
  int32_t unit = kNanosPerSecond;
  while (!text->empty() && IsDigit(text->front())) {
    unit /= 10;
    if (unit == 0) return false;
    *nanos += unit * (text->front() - '0');
    text->remove_prefix(1);
  }
  return unit != kNanosPerSecond;
}

// "Z" or "+hh:mm", in seconds.
bool TakeOffset(std::string_view* text, int64_t* offset) {
  *offset = 0;
  if (TakeChar(text, 'Z')) return true;
  const int sign = TakeChar(text, '-') ? -1 : TakeChar(text, '+') ? 1 : 0;
  int hours = 0;
  int minutes = 0;
  if (sign == 0 || !TakeDigits(text, 2, &hours) || !TakeChar(text, ':') ||
      !TakeDigits(text, 2, &minutes) || hours > 23 || minutes > 59) {
    return false;
  }
  *offset = sign * (hours * 3600 + minutes * 60);
  return true;
}

void AppendPadded(int value, int width, std::string* out) {
  char digits[10];
  for (int i = width - 1; i >= 0; --i, value /= 10) {
    digits[i] = static_cast<char>('0' + value % 10);
  }
  out->append(digits, static_cast<size_t>(width));
}

// With 0, 3, 6 or 9 digits, whatever is exact.
void AppendFraction(int32_t nanos, std::string* out) {
  if (nanos == 0) return;
  out->push_back('.');
  if (nanos % 1000000 == 0) {
    AppendPadded(nanos / 1000000, 3, out);
  } else if (nanos % 1000 == 0) {
    AppendPadded(nanos / 1000, 6, out);
  } else {
    AppendPadded(nanos, 9, out);
  }
}

}  // namespace

bool ParseTimestamp(std::string_view text, int64_t* seconds, int32_t* nanos) {
  int year, month, day, hour, minute, second;
  if (!TakeDigits(&text, 4, &year) || !TakeChar(&text, '-') || !TakeDigits(&text, 2, &month) ||
      !TakeChar(&text, '-') || !TakeDigits(&text, 2, &day) || !TakeChar(&text, 'T') ||
      !TakeDigits(&text, 2, &hour) || !TakeChar(&text, ':') || !TakeDigits(&text, 2, &minute) ||
      !TakeChar(&text, ':') || !TakeDigits(&text, 2, &second)) {
    return false;
  }
  const std::chrono::year_month_day date(std::chrono::year(year),
                                         std::chrono::month(static_cast<unsigned>(month)),
                                         std::chrono::day(static_cast<unsigned>(day)));
  int64_t offset = 0;
  if (!date.ok() || hour > 23 || minute > 59 || second > 59 || !TakeFraction(&text, nanos) ||
      !TakeOffset(&text, &offset) || !text.empty()) {
    return false;
  }
  const int64_t days = std::chrono::sys_days(date).time_since_epoch().count();
  *seconds = days * 86400 + hour * 3600 + minute * 60 + second - offset;
  return *seconds >= kMinTimestamp && *seconds <= kMaxTimestamp;
}

bool AppendTimestamp(int64_t seconds, int32_t nanos, std::string* out) {
  if (seconds < kMinTimestamp || seconds > kMaxTimestamp || nanos < 0 || nanos >= kNanosPerSecond) {
    return false;
  }
  const std::chrono::sys_seconds time{std::chrono::seconds(seconds)};
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  const int in_day = static_cast<int>((time - day).count());
  AppendPadded(static_cast<int>(date.year()), 4, out);
  out->push_back('-');
  AppendPadded(static_cast<int>(static_cast<unsigned>(date.month())), 2, out);
  out->push_back('-');
  AppendPadded(static_cast<int>(static_cast<unsigned>(date.day())), 2, out);
  out->push_back('T');
  AppendPadded(in_day / 3600, 2, out);
  out->push_back(':');
  AppendPadded(in_day / 60 % 60, 2, out);
  out->push_back(':');
  AppendPadded(in_day % 60, 2, out);
  AppendFraction(nanos, out);
  out->push_back('Z');
  return true;
}

bool ParseDuration(std::string_view text, int64_t* seconds, int32_t* nanos) {
  const int sign = TakeChar(&text, '-') ? -1 : 1;
  if (text.empty() || !IsDigit(text.front())) return false;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), *seconds);
  if (error != std::errc()) return false;
  text.remove_prefix(static_cast<size_t>(stop - text.data()));
  if (!TakeFraction(&text, nanos) || text != "s") return false;
  if (*seconds > kMaxDuration || (*seconds == kMaxDuration && *nanos > 0)) return false;
  *seconds *= sign;
  *nanos *= sign;
  return true;
}

bool AppendDuration(int64_t seconds, int32_t nanos, std::string* out) {
  if (seconds < -kMaxDuration || seconds > kMaxDuration || nanos <= -kNanosPerSecond ||
      nanos >= kNanosPerSecond || (seconds < 0 && nanos > 0) || (seconds > 0 && nanos < 0)) {
    return false;
  }
  if (seconds < 0 || nanos < 0) out->push_back('-');
  char digits[20];
  const auto end = std::to_chars(digits, digits + sizeof digits, std::abs(seconds)).ptr;
  out->append(digits, static_cast<size_t>(end - digits));
  AppendFraction(std::abs(nanos), out);
  out->push_back('s');
  return true;
}

namespace {

// "userName.id" to "user_name.id"; "*" stays. False for anything that cannot be names.
bool ToFieldPath(std::string_view camel, std::string* path) {
  if (camel == "*") {
    *path = camel;
    return true;
  }
  for (const char c : camel) {
    const bool starts = path->empty() || path->back() == '.';
    const bool is_upper = c >= 'A' && c <= 'Z';
    const bool is_lower = c >= 'a' && c <= 'z';
    const bool continues = is_upper || c == '.' || (c >= '0' && c <= '9');
    if (!is_lower && (starts || !continues)) return false;
    if (is_upper) path->push_back('_');
    path->push_back(is_upper ? static_cast<char>(c - 'A' + 'a') : c);
  }
  return !path->empty() && path->back() != '.';
}

}  // namespace

bool ParseFieldMask(std::string_view text, Message* mask) {
  const FieldDescriptor& paths = *mask->GetDescriptor()->FindFieldByNumber(1);
  while (!text.empty()) {
    const size_t comma = text.find(',');
    std::string path;
    if (!ToFieldPath(text.substr(0, comma), &path)) return false;
    FieldSink(mask, paths).Put(std::move(path));
    if (comma == std::string_view::npos) return true;
    text.remove_prefix(comma + 1);
    if (text.empty()) return false;
  }
  return true;
}

void AppendFieldMask(const Message& mask, std::string* out) {
  const FieldDescriptor* paths = mask.GetDescriptor()->FindFieldByNumber(1);
  const auto& reflection = *mask.GetReflection();
  std::string scratch;
  for (int i = 0; i < reflection.FieldSize(mask, paths); ++i) {
    if (i > 0) out->push_back(',');
    const std::string& path = reflection.GetRepeatedStringReference(mask, paths, i, &scratch);
    for (size_t at = 0; at < path.size(); ++at) {
      const bool joins = path[at] == '_' && at > 0 && path[at - 1] != '.' && at + 1 < path.size() &&
                         path[at + 1] >= 'a' && path[at + 1] <= 'z';
      out->push_back(joins ? static_cast<char>(path[++at] - 'a' + 'A') : path[at]);
    }
  }
}

const char* PutWellKnownText(std::string_view text, const MessagePlan& plan,
                             const google::protobuf::Reflection& reflection, Message* message) {
  const auto sink = [&](size_t i) { return FieldSink(message, reflection, *plan.fields[i].field); };
  int64_t seconds = 0;
  int32_t nanos = 0;
  switch (plan.well_known) {
    case Descriptor::WELLKNOWNTYPE_TIMESTAMP:
      if (!ParseTimestamp(text, &seconds, &nanos)) {
        return "expected a time stamp like 2026-01-31T12:00:00Z";
      }
      break;
    case Descriptor::WELLKNOWNTYPE_DURATION:
      if (!ParseDuration(text, &seconds, &nanos)) return "expected a duration like 1.5s";
      break;
    case Descriptor::WELLKNOWNTYPE_FIELDMASK:
      return ParseFieldMask(text, message) ? nullptr : "expected a field mask like id,userName";
    case Descriptor::WELLKNOWNTYPE_UNSPECIFIED:
    case Descriptor::WELLKNOWNTYPE_ANY:
    case Descriptor::WELLKNOWNTYPE_STRUCT:
    case Descriptor::WELLKNOWNTYPE_VALUE:
    case Descriptor::WELLKNOWNTYPE_LISTVALUE:
      return "a message cannot be given as text";
    default:
      return PutScalarText(sink(0), text);
  }
  sink(0).Put(seconds);
  sink(1).Put(nanos);
  return nullptr;
}

}  // namespace trellis::gateway
