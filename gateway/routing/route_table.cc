#include "gateway/routing/route_table.h"

#include <algorithm>
#include <utility>

#include "absl/container/inlined_vector.h"
#include "gateway/routing/percent.h"
#include "mesh/base/status.h"

namespace trellis::gateway {
namespace {

using Segments = absl::InlinedVector<std::string_view, 12>;

// "/a//b" is "a", "", "b"; "/" has no segments.
Segments Split(std::string_view path) {
  Segments segments;
  path.remove_prefix(1);
  if (path.empty()) return segments;
  for (;;) {
    const size_t slash = path.find('/');
    segments.push_back(path.substr(0, slash));
    if (slash == std::string_view::npos) return segments;
    path.remove_prefix(slash + 1);
  }
}

void Bind(absl::Span<const std::string_view> raw, MatchResult* result) {
  const PathTemplate& path = result->route->path;
  result->bindings.reserve(path.variables().size());
  for (size_t i = 0; i < path.variables().size(); ++i) {
    const auto& variable = path.variables()[i];
    PathBinding& binding = result->bindings.emplace_back();
    binding.field = &result->route->variables[i];
    const auto mode = variable.multi ? PercentMode::kKeepReserved : PercentMode::kAll;
    // Cannot fail: Match refuses a malformed path first.
    (void)AppendPercentDecoded(path.Capture(variable, raw), mode, &binding.value);
  }
}

}  // namespace

absl::StatusOr<RouteTable> RouteTable::Build(
    const std::vector<const google::protobuf::ServiceDescriptor*>& services) {
  RouteTable table;
  for (const auto* service : services) {
    for (int i = 0; i < service->method_count(); ++i) {
      auto routes = RoutesOfMethod(*service->method(i));
      if (!routes.ok()) return routes.status();
      for (Route& route : *routes) {
        const Route& added =
            *table.routes_.emplace_back(std::make_unique<const Route>(std::move(route)));
        if (const Route* other = table.trie_.Insert(added)) {
          return base::MakeStatus(absl::StatusCode::kInvalidArgument,
                                  other->method->full_name() + " and " + added.method->full_name() +
                                      " have the same HTTP binding: " + other->http_method + " " +
                                      other->path.text() + " and " + added.path.text());
        }
        if (!added.path.verb().empty()) table.verbs_.push_back(added.path.verb());
      }
    }
  }
  std::sort(table.verbs_.begin(), table.verbs_.end());
  table.verbs_.erase(std::unique(table.verbs_.begin(), table.verbs_.end()), table.verbs_.end());
  return table;
}

MatchResult RouteTable::Match(std::string_view http_method, std::string_view path) const {
  MatchResult result;
  if (path.empty() || path.front() != '/') return result;
  const bool has_escapes = path.find('%') != std::string_view::npos;
  if (has_escapes && !IsWellFormedPercent(path)) {
    result.outcome = MatchResult::Outcome::kMalformedPath;
    return result;
  }
  Segments raw = Split(path);
  const size_t colon = raw.empty() ? std::string_view::npos : raw.back().rfind(':');
  if (colon != std::string_view::npos) {
    const std::string_view whole = raw.back();
    const std::string_view verb = whole.substr(colon + 1);
    if (std::binary_search(verbs_.begin(), verbs_.end(), verb)) {
      raw.back() = whole.substr(0, colon);
      MatchResult with_verb = MatchSegments(http_method, raw, verb, has_escapes);
      if (with_verb.outcome != MatchResult::Outcome::kNotFound) return with_verb;
      raw.back() = whole;
    }
  }
  return MatchSegments(http_method, raw, "", has_escapes);
}

MatchResult RouteTable::MatchSegments(std::string_view http_method,
                                      absl::Span<const std::string_view> raw, std::string_view verb,
                                      bool has_escapes) const {
  absl::Span<const std::string_view> segments = raw;
  std::vector<std::string> decoded;
  Segments decoded_views;
  if (has_escapes) {
    decoded.resize(raw.size());
    for (size_t i = 0; i < raw.size(); ++i) {
      (void)AppendPercentDecoded(raw[i], PercentMode::kAll, &decoded[i]);
      decoded_views.push_back(decoded[i]);
    }
    segments = decoded_views;
  }
  MatchResult result;
  result.route = trie_.Find(http_method, segments, verb);
  if (result.route != nullptr) {
    result.outcome = MatchResult::Outcome::kFound;
    Bind(raw, &result);
    return result;
  }
  result.allow = trie_.Methods(segments, verb);
  if (!result.allow.empty()) result.outcome = MatchResult::Outcome::kMethodNotAllowed;
  return result;
}

}  // namespace trellis::gateway
