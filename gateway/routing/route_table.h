#ifndef GATEWAY_ROUTING_ROUTE_TABLE_H_
#define GATEWAY_ROUTING_ROUTE_TABLE_H_

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "gateway/routing/route.h"
#include "gateway/routing/route_trie.h"
#include "google/protobuf/descriptor.h"

namespace trellis::gateway {

struct MatchResult {
  enum class Outcome {
    kFound,
    kNotFound,          // 404
    kMethodNotAllowed,  // 405
    kMalformedPath,     // 400: a "%" without two hexadecimal digits
  };

  Outcome outcome = Outcome::kNotFound;
  // kFound: owned by the table.
  const Route* route = nullptr;
  PathBindings bindings;
  // kMethodNotAllowed: for the Allow header, sorted. HEAD is there only where a template says so.
  std::vector<std::string> allow;
};

// Which RPC a request is for. Immutable after Build and thread-safe; owns its routes; descriptors
// are borrowed from their pool, which must outlive it.
class RouteTable {
 public:
  // INVALID_ARGUMENT names the method and the field that does not exist or does not fit, or both
  // methods when two have the same HTTP method and an equivalent template.
  [[nodiscard]] static absl::StatusOr<RouteTable> Build(
      const std::vector<const google::protobuf::ServiceDescriptor*>& services);

  // `path` is the request target as received, without the query. Segments are compared decoded.
  // The tail ":x" of a path is a verb when some template with the verb x matches the rest (then no
  // other template does); otherwise it belongs to the last segment.
  [[nodiscard]] MatchResult Match(std::string_view http_method, std::string_view path) const;

  // In the order of their making, for lists and documentation.
  [[nodiscard]] const std::vector<std::unique_ptr<const Route>>& routes() const { return routes_; }

 private:
  // Finds a route, or fills in the methods of those that would have matched.
  [[nodiscard]] MatchResult MatchSegments(std::string_view http_method,
                                          absl::Span<const std::string_view> raw,
                                          std::string_view verb, bool has_escapes) const;

  std::vector<std::unique_ptr<const Route>> routes_;
  RouteTrie trie_;
  // Of all templates, sorted.
  std::vector<std::string> verbs_;
};

}  // namespace trellis::gateway

#endif  // GATEWAY_ROUTING_ROUTE_TABLE_H_
