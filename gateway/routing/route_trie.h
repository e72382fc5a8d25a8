#ifndef GATEWAY_ROUTING_ROUTE_TRIE_H_
#define GATEWAY_ROUTING_ROUTE_TRIE_H_

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/types/span.h"
#include "gateway/routing/route.h"

namespace trellis::gateway {

// Routes by the segments of their templates, so that a look-up costs the path's length and not the
// number of routes. At each segment a literal goes before `*` and that before `**`; a branch that
// leads to no route of the wanted method is left for the next one. Routes are borrowed. Insert is
// not thread-safe; the rest is once Inserts are over.
class RouteTrie {
 public:
  RouteTrie() : root_(std::make_unique<Node>()) {}

  // Null when the route was taken in; otherwise the route with the same method and an equivalent
  // template that is there already.
  [[nodiscard]] const Route* Insert(const Route& route);

  // `segments` are decoded. Null when no template with `verb` and `http_method` matches.
  [[nodiscard]] const Route* Find(std::string_view http_method,
                                  absl::Span<const std::string_view> segments,
                                  std::string_view verb) const;

  // The HTTP methods of all templates that match, sorted, each once.
  [[nodiscard]] std::vector<std::string> Methods(absl::Span<const std::string_view> segments,
                                                 std::string_view verb) const;

 private:
  struct Node {
    // Sorted by the literal.
    std::vector<std::pair<std::string, std::unique_ptr<Node>>> literals;
    std::unique_ptr<Node> single;
    std::unique_ptr<Node> multi;
    std::vector<const Route*> routes;
  };

  [[nodiscard]] static Node* Child(Node* node, const PathTemplate::Segment& segment);
  [[nodiscard]] static const Node* Literal(const Node& node, std::string_view segment);
  // Visits the nodes where `segments` may end, best first, until `visit` answers true.
  template <typename Visit>
  static bool Walk(const Node& node, absl::Span<const std::string_view> segments,
                   const Visit& visit);

  std::unique_ptr<Node> root_;
};

}  // namespace trellis::gateway

#endif  // GATEWAY_ROUTING_ROUTE_TRIE_H_
