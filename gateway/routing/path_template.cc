#include "gateway/routing/path_template.h"

#include <algorithm>

#include "mesh/base/status.h"

namespace trellis::gateway {
namespace {

bool IsIdentifierStart(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

bool IsIdentifierPart(char c) { return IsIdentifierStart(c) || (c >= '0' && c <= '9'); }

// Literals are compared with decoded segments, so an escape in a template could never match.
bool IsLiteralPart(char c) {
  return static_cast<unsigned char>(c) > 0x20 && c != 0x7f &&
         std::string_view("/{}:*%?#=").find(c) == std::string_view::npos;
}

}  // namespace

class PathTemplate::Parser {
 public:
  Parser(std::string_view text, PathTemplate* result) : text_(text), result_(result) {}

  absl::Status Run() {
    if (!Take('/')) return Error("expected '/'");
    if (at_ < text_.size()) {
      if (absl::Status status = Segments(/*in_variable=*/false); !status.ok()) return status;
    }
    if (Take(':')) {
      result_->verb_ = Literal();
      if (result_->verb_.empty()) return Error("expected a verb after ':'");
    }
    if (at_ != text_.size()) return Error("unexpected character");
    return absl::OkStatus();
  }

 private:
  absl::Status Segments(bool in_variable) {
    do {
      absl::Status status = Take('{') ? Variable(in_variable) : PlainSegment();
      if (!status.ok()) return status;
    } while (Take('/'));
    return absl::OkStatus();
  }

  absl::Status PlainSegment() {
    if (Take('*')) {
      if (seen_multi_) return Error("only literals may follow '**'");
      seen_multi_ = Take('*');
      result_->segments_.push_back({seen_multi_ ? Kind::kMulti : Kind::kSingle, ""});
      return absl::OkStatus();
    }
    std::string literal = Literal();
    if (literal.empty()) return Error("expected a segment");
    result_->segments_.push_back({Kind::kLiteral, std::move(literal)});
    return absl::OkStatus();
  }

  absl::Status Variable(bool nested) {
    if (nested) return Error("a variable within a variable");
    std::string field_path;
    if (!FieldPath(&field_path)) return Error("expected a field name");
    for (const auto& other : result_->variables_) {
      if (other.field_path == field_path) return Error("'" + field_path + "' is there twice");
    }
    const size_t begin = result_->segments_.size();
    if (Take('=')) {
      if (absl::Status status = Segments(/*in_variable=*/true); !status.ok()) return status;
    } else {
      if (seen_multi_) return Error("only literals may follow '**'");
      result_->segments_.push_back({Kind::kSingle, ""});
    }
    if (!Take('}')) return Error("expected '}'");
    const size_t end = result_->segments_.size();
    const bool multi = end - begin > 1 || result_->segments_[begin].kind == Kind::kMulti;
    result_->variables_.push_back({std::move(field_path), begin, end, multi});
    return absl::OkStatus();
  }

  bool FieldPath(std::string* out) {
    do {
      const size_t start = at_;
      if (at_ < text_.size() && IsIdentifierStart(text_[at_])) ++at_;
      while (at_ > start && at_ < text_.size() && IsIdentifierPart(text_[at_])) ++at_;
      if (at_ == start) return false;
      if (!out->empty()) out->push_back('.');
      out->append(text_.substr(start, at_ - start));
    } while (Take('.'));
    return true;
  }

  std::string Literal() {
    const size_t start = at_;
    while (at_ < text_.size() && IsLiteralPart(text_[at_])) ++at_;
    return std::string(text_.substr(start, at_ - start));
  }

  bool Take(char c) {
    if (at_ == text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }

  [[nodiscard]] absl::Status Error(const std::string& what) const {
    return base::MakeStatus(absl::StatusCode::kInvalidArgument,
                            "path template \"" + std::string(text_) + "\": " + what +
                                " at position " + std::to_string(at_));
  }

  std::string_view text_;
  PathTemplate* result_;
  size_t at_ = 0;
  bool seen_multi_ = false;
};

absl::StatusOr<PathTemplate> PathTemplate::Parse(std::string_view text) {
  PathTemplate result;
  result.text_ = std::string(text);
  if (absl::Status status = Parser(text, &result).Run(); !status.ok()) return status;
  return result;
}

std::string_view PathTemplate::Capture(const Variable& variable,
                                       absl::Span<const std::string_view> path) const {
  const auto multi = std::find_if(segments_.begin(), segments_.end(),
                                  [](const Segment& s) { return s.kind == Kind::kMulti; });
  const size_t multi_at = static_cast<size_t>(multi - segments_.begin());
  // Template positions after "**" move by the number of segments that it took, less its own.
  const auto in_path = [&](size_t position) {
    return position <= multi_at ? position : position + path.size() - segments_.size();
  };
  const size_t begin = in_path(variable.begin);
  const size_t end = in_path(variable.end);
  if (begin == end) return {};
  const char* first = path[begin].data();
  const char* last = path[end - 1].data() + path[end - 1].size();
  return {first, static_cast<size_t>(last - first)};
}

}  // namespace trellis::gateway
