#ifndef GATEWAY_ROUTING_PATH_TEMPLATE_H_
#define GATEWAY_ROUTING_PATH_TEMPLATE_H_

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"

namespace trellis::gateway {

// A parsed path template. An immutable value, thread-safe. Source: google/api/http.proto:
//
//   Template = "/" [ Segments ] [ ":" LITERAL ] ;
//   Segments = Segment { "/" Segment } ;
//   Segment  = "*" | "**" | LITERAL | "{" FieldPath [ "=" Segments ] "}" ;
//
// `{x}` means `{x=*}`. `*` is one segment that is not empty, `**` any number of them, zero and
// empty ones included; only literals may follow it. "/" alone is an addition of ours.
class PathTemplate {
 public:
  enum class Kind { kLiteral, kSingle, kMulti };
  struct Segment {
    Kind kind;
    std::string literal;
  };
  struct Variable {
    std::string field_path;
    // Segments [begin, end) of the template.
    size_t begin;
    size_t end;
    // Spans several segments, or may: its value keeps reserved characters encoded.
    bool multi;
  };

  // INVALID_ARGUMENT says what is wrong and where.
  [[nodiscard]] static absl::StatusOr<PathTemplate> Parse(std::string_view text);

  [[nodiscard]] const std::string& text() const { return text_; }
  [[nodiscard]] const std::vector<Segment>& segments() const { return segments_; }
  [[nodiscard]] const std::vector<Variable>& variables() const { return variables_; }
  // Without the colon; empty when there is none.
  [[nodiscard]] const std::string& verb() const { return verb_; }

  // The raw (still encoded) part of a path that a variable holds, a view into it. `path` are the
  // segments of a path that this template matches, all views into one string.
  [[nodiscard]] std::string_view Capture(const Variable& variable,
                                         absl::Span<const std::string_view> path) const;

 private:
  class Parser;

  std::string text_;
  std::vector<Segment> segments_;
  std::vector<Variable> variables_;
  std::string verb_;
};

}  // namespace trellis::gateway

#endif  // GATEWAY_ROUTING_PATH_TEMPLATE_H_
