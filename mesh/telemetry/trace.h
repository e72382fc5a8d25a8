#ifndef MESH_TELEMETRY_TRACE_H_
#define MESH_TELEMETRY_TRACE_H_

#include <optional>
#include <string>
#include <string_view>

namespace trellis::telemetry {

// A position in a distributed trace (W3C Trace Context, level 1). A value.
struct TraceContext {
  std::string trace_id;  // 32 lower-case hexadecimal digits, not all zero
  std::string span_id;   // 16, likewise
  bool sampled = false;

  // A new trace.
  [[nodiscard]] static TraceContext New();
  // From a traceparent header; nothing when it is malformed, so that the receiver starts anew.
  [[nodiscard]] static std::optional<TraceContext> Parse(std::string_view traceparent);
  // Of the caller's header if it is good, otherwise of a new trace.
  [[nodiscard]] static TraceContext ChildOf(std::string_view traceparent);

  // Another position in the same trace.
  [[nodiscard]] TraceContext Child() const;
  [[nodiscard]] std::string Format() const;
};

}  // namespace trellis::telemetry

#endif  // MESH_TELEMETRY_TRACE_H_
