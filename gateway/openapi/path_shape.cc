#include "gateway/openapi/path_shape.h"

#include <algorithm>

namespace trellis::gateway {
namespace {

using Kind = PathTemplate::Kind;

const PathTemplate::Variable* HolderOf(const PathTemplate& path, size_t segment, size_t* index) {
  for (size_t i = 0; i < path.variables().size(); ++i) {
    const auto& variable = path.variables()[i];
    if (segment < variable.begin || segment >= variable.end) continue;
    *index = i;
    return &variable;
  }
  return nullptr;
}

}  // namespace

std::string PathShape::Path(const std::vector<std::string>& names) const {
  std::string path;
  size_t next = 0;
  for (const char c : key) {
    path.push_back(c);
    if (c == '{') path += names[next++];
  }
  return path;
}

std::vector<std::string> PathShape::Names() const {
  std::vector<std::string> names;
  for (const Parameter& parameter : parameters) names.push_back(parameter.name);
  return names;
}

PathShape ShapeOf(const Route& route) {
  PathShape shape;
  const auto& segments = route.path.segments();
  for (size_t i = 0; i < segments.size(); ++i) {
    shape.key.push_back('/');
    if (segments[i].kind == Kind::kLiteral) {
      shape.key += segments[i].literal;
      continue;
    }
    shape.key += "{}";
    PathShape::Parameter& parameter = shape.parameters.emplace_back();
    parameter.multi = segments[i].kind == Kind::kMulti;
    size_t index = 0;
    const auto* variable = HolderOf(route.path, i, &index);
    if (variable == nullptr) {
      parameter.name = "segment" + std::to_string(i + 1);
      continue;
    }
    parameter.field = &route.variables[index];
    parameter.whole = variable->end - variable->begin == 1;
    parameter.name = variable->field_path;
    if (parameter.whole) continue;
    const auto begin = segments.begin() + static_cast<ptrdiff_t>(variable->begin);
    const auto wildcards =
        std::count_if(begin, segments.begin() + static_cast<ptrdiff_t>(i) + 1,
                      [](const auto& segment) { return segment.kind != Kind::kLiteral; });
    parameter.name += "_" + std::to_string(wildcards);
  }
  if (segments.empty()) shape.key = "/";
  if (!route.path.verb().empty()) shape.key += ":" + route.path.verb();
  return shape;
}

}  // namespace trellis::gateway
