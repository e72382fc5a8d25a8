#include "tests/support/json.h"

#include <google/protobuf/struct.pb.h>

namespace trellis::testing {

ErrorBody ParseError(const std::string& json) {
  ErrorBody error;
  google::protobuf::Struct body;
  if (!google::protobuf::util::JsonStringToMessage(json, &body).ok()) return error;
  const auto& fields = body.fields();
  if (fields.count("code") == 0 || fields.count("message") == 0 || fields.count("details") == 0) {
    return error;
  }
  error.code = static_cast<int>(fields.at("code").number_value());
  error.message = fields.at("message").string_value();
  for (const auto& detail : fields.at("details").list_value().values()) {
    const auto& members = detail.struct_value().fields();
    const auto violations = members.find("fieldViolations");
    if (violations == members.end()) continue;
    for (const auto& violation : violations->second.list_value().values()) {
      error.fields.push_back(violation.struct_value().fields().at("field").string_value());
    }
  }
  return error;
}

}  // namespace trellis::testing
