#ifndef GATEWAY_OPENAPI_JSON_NODE_H_
#define GATEWAY_OPENAPI_JSON_NODE_H_

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace trellis::gateway {

// A JSON value that is being put together. Members of an object stay in the order in which they
// were added, so that the same input gives the same text. A value; not thread-safe.
class JsonNode {
 public:
  using Member = std::pair<std::string_view, JsonNode>;

  JsonNode() : JsonNode(Object()) {}
  // NOLINTBEGIN(google-explicit-constructor): literals shall look like JSON.
  JsonNode(std::string_view text);
  JsonNode(const std::string& text) : JsonNode(std::string_view(text)) {}
  JsonNode(const char* text) : JsonNode(std::string_view(text)) {}
  JsonNode(int64_t number) : kind_(Kind::kScalar), scalar_(std::to_string(number)) {}
  JsonNode(int number) : JsonNode(int64_t{number}) {}
  JsonNode(bool value) : kind_(Kind::kScalar), scalar_(value ? "true" : "false") {}
  // NOLINTEND(google-explicit-constructor)

  [[nodiscard]] static JsonNode Object(std::initializer_list<Member> members = {});
  [[nodiscard]] static JsonNode Array(std::initializer_list<JsonNode> elements = {});

  // A member of an object; an empty object comes into being where there is none.
  JsonNode& operator[](std::string_view key);
  // Sets a member of an object.
  JsonNode& Set(std::string_view key, JsonNode value);
  [[nodiscard]] bool Has(std::string_view key) const;
  // Appends to an array.
  void Push(JsonNode value) { values_.push_back(std::move(value)); }
  // Members or elements.
  [[nodiscard]] size_t size() const { return values_.size(); }

  // Without white space.
  [[nodiscard]] std::string Text() const;

 private:
  enum class Kind { kScalar, kArray, kObject };
  explicit JsonNode(Kind kind) : kind_(kind) {}
  void AppendTo(std::string* out) const;

  Kind kind_;
  std::string scalar_;  // as it is written
  std::vector<std::string> keys_;
  std::vector<JsonNode> values_;
};

}  // namespace trellis::gateway

#endif  // GATEWAY_OPENAPI_JSON_NODE_H_
