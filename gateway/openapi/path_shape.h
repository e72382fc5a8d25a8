#ifndef GATEWAY_OPENAPI_PATH_SHAPE_H_
#define GATEWAY_OPENAPI_PATH_SHAPE_H_

#include <string>
#include <vector>

#include "gateway/routing/route.h"

namespace trellis::gateway {

// A path template as OpenAPI can say it: literals, and a named parameter for every wildcard. A
// value; borrows the route.
struct PathShape {
  struct Parameter {
    std::string name;
    // Null: a wildcard that no variable holds.
    const FieldPath* field = nullptr;
    // Is all that the variable holds, so that its value is the field's.
    bool whole = true;
    // "**": also several segments, or none.
    bool multi = false;
  };

  // "/v1/queues/{}:pause": the same for paths that OpenAPI takes for the same.
  std::string key;
  // In the order of the path. Names are unique within it.
  std::vector<Parameter> parameters;

  // With these names in place of the braces.
  [[nodiscard]] std::string Path(const std::vector<std::string>& names) const;
  [[nodiscard]] std::vector<std::string> Names() const;
};

[[nodiscard]] PathShape ShapeOf(const Route& route);

}  // namespace trellis::gateway

#endif  // GATEWAY_OPENAPI_PATH_SHAPE_H_
