#include "mesh/telemetry/trace.h"

#include "mesh/base/ids.h"

namespace trellis::telemetry {
namespace {

bool IsHex(std::string_view text) {
  return text.find_first_not_of("0123456789abcdef") == text.npos;
}

bool IsId(std::string_view text) { return IsHex(text) && text.find_first_not_of('0') != text.npos; }

}  // namespace

TraceContext TraceContext::New() { return {base::RandomHex(16), base::RandomHex(8), false}; }

std::optional<TraceContext> TraceContext::Parse(std::string_view text) {
  // version "-" trace-id "-" parent-id "-" flags; later versions may add fields.
  if (text.size() < 55 || text[2] != '-' || text[35] != '-' || text[52] != '-') {
    return std::nullopt;
  }
  const std::string_view version = text.substr(0, 2);
  const std::string_view flags = text.substr(53, 2);
  if (!IsHex(version) || version == "ff" || !IsHex(flags)) return std::nullopt;
  if (version == "00" ? text.size() != 55 : text.size() > 55 && text[55] != '-') {
    return std::nullopt;
  }
  if (!IsId(text.substr(3, 32)) || !IsId(text.substr(36, 16))) return std::nullopt;
  const bool sampled = std::string_view("13579bdf").find(flags[1]) != std::string_view::npos;
  return TraceContext{std::string(text.substr(3, 32)), std::string(text.substr(36, 16)), sampled};
}

TraceContext TraceContext::ChildOf(std::string_view traceparent) {
  const std::optional<TraceContext> parent = Parse(traceparent);
  return parent ? parent->Child() : New();
}

TraceContext TraceContext::Child() const { return {trace_id, base::RandomHex(8), sampled}; }

std::string TraceContext::Format() const {
  return "00-" + trace_id + "-" + span_id + (sampled ? "-01" : "-00");
}

}  // namespace trellis::telemetry
