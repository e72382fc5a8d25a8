#ifndef TESTS_SUPPORT_JSON_H_
#define TESTS_SUPPORT_JSON_H_

#include <google/protobuf/util/json_util.h>

#include <stdexcept>
#include <string>
#include <vector>

namespace trellis::testing {

// A message from its JSON form; throws std::runtime_error when it is not that.
template <typename Message>
[[nodiscard]] Message FromJson(const std::string& json) {
  Message message;
  const auto status = google::protobuf::util::JsonStringToMessage(json, &message);
  if (!status.ok()) throw std::runtime_error(status.ToString() + ": " + json);
  return message;
}

// An error answer of the gateway: google.rpc.Status with the fields of its BadRequest details.
struct ErrorBody {
  int code = -1;  // -1: not of that form
  std::string message;
  std::vector<std::string> fields;
};
[[nodiscard]] ErrorBody ParseError(const std::string& json);

}  // namespace trellis::testing

#endif  // TESTS_SUPPORT_JSON_H_
