#include "gateway/routing/route_trie.h"

#include <algorithm>

namespace trellis::gateway {
namespace {

// For std::lower_bound over (literal, node) pairs.
constexpr auto kBefore = [](const auto& entry, std::string_view literal) {
  return entry.first < literal;
};

}  // namespace

RouteTrie::Node* RouteTrie::Child(Node* node, const PathTemplate::Segment& segment) {
  if (segment.kind == PathTemplate::Kind::kLiteral) {
    auto& literals = node->literals;
    auto at = std::lower_bound(literals.begin(), literals.end(), segment.literal, kBefore);
    if (at == literals.end() || at->first != segment.literal) {
      at = literals.emplace(at, segment.literal, std::make_unique<Node>());
    }
    return at->second.get();
  }
  auto& child = segment.kind == PathTemplate::Kind::kSingle ? node->single : node->multi;
  if (child == nullptr) child = std::make_unique<Node>();
  return child.get();
}

const RouteTrie::Node* RouteTrie::Literal(const Node& node, std::string_view segment) {
  const auto at = std::lower_bound(node.literals.begin(), node.literals.end(), segment, kBefore);
  return at != node.literals.end() && at->first == segment ? at->second.get() : nullptr;
}

const Route* RouteTrie::Insert(const Route& route) {
  Node* node = root_.get();
  for (const auto& segment : route.path.segments()) node = Child(node, segment);
  for (const Route* other : node->routes) {
    if (other->http_method == route.http_method && other->path.verb() == route.path.verb()) {
      return other;
    }
  }
  node->routes.push_back(&route);
  return nullptr;
}

template <typename Visit>
bool RouteTrie::Walk(const Node& node, absl::Span<const std::string_view> segments,
                     const Visit& visit) {
  if (segments.empty()) {
    if (visit(node)) return true;
  } else if (!segments.front().empty()) {
    if (const Node* child = Literal(node, segments.front())) {
      if (Walk(*child, segments.subspan(1), visit)) return true;
    }
    if (node.single != nullptr && Walk(*node.single, segments.subspan(1), visit)) return true;
  }
  if (node.multi == nullptr) return false;
  // Behind "**" there are only literals, so the longest tail that they match goes first.
  const size_t shortest = node.multi->literals.empty() ? segments.size() : 0;
  for (size_t taken = shortest; taken < segments.size(); ++taken) {
    if (Walk(*node.multi, segments.subspan(taken), visit)) return true;
  }
  return Walk(*node.multi, {}, visit);
}

const Route* RouteTrie::Find(std::string_view http_method,
                             absl::Span<const std::string_view> segments,
                             std::string_view verb) const {
  const Route* found = nullptr;
  Walk(*root_, segments, [&](const Node& node) {
    const Route* any_method = nullptr;
    for (const Route* route : node.routes) {
      if (route->path.verb() != verb) continue;
      if (route->http_method == http_method) {
        found = route;
        return true;
      }
      if (route->http_method == "*") any_method = route;
    }
    found = any_method;
    return found != nullptr;
  });
  return found;
}

std::vector<std::string> RouteTrie::Methods(absl::Span<const std::string_view> segments,
                                            std::string_view verb) const {
  std::vector<std::string> methods;
  Walk(*root_, segments, [&](const Node& node) {
    for (const Route* route : node.routes) {
      if (route->path.verb() == verb) methods.push_back(route->http_method);
    }
    return false;
  });
  std::sort(methods.begin(), methods.end());
  methods.erase(std::unique(methods.begin(), methods.end()), methods.end());
  return methods;
}

}  // namespace trellis::gateway
