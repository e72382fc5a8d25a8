#include "gateway/openapi/json_node.h"

#include <algorithm>

#include "mesh/base/json_string.h"

namespace trellis::gateway {

JsonNode::JsonNode(std::string_view text) : kind_(Kind::kScalar) {
  base::AppendJsonString(text, &scalar_);
}

JsonNode JsonNode::Object(std::initializer_list<Member> members) {
  JsonNode node(Kind::kObject);
  for (const auto& [key, value] : members) node.Set(key, value);
  return node;
}

JsonNode JsonNode::Array(std::initializer_list<JsonNode> elements) {
  JsonNode node(Kind::kArray);
  node.values_ = elements;
  return node;
}

JsonNode& JsonNode::operator[](std::string_view key) {
  const auto at = std::find(keys_.begin(), keys_.end(), key);
  if (at != keys_.end()) return values_[static_cast<size_t>(at - keys_.begin())];
  keys_.emplace_back(key);
  return values_.emplace_back(Object());
}

JsonNode& JsonNode::Set(std::string_view key, JsonNode value) {
  (*this)[key] = std::move(value);
  return *this;
}

bool JsonNode::Has(std::string_view key) const {
  return std::find(keys_.begin(), keys_.end(), key) != keys_.end();
}

std::string JsonNode::Text() const {
  std::string text;
  AppendTo(&text);
  return text;
}

void JsonNode::AppendTo(std::string* out) const {
  if (kind_ == Kind::kScalar) {
    out->append(scalar_);
    return;
  }
  const bool is_object = kind_ == Kind::kObject;
  out->push_back(is_object ? '{' : '[');
  for (size_t i = 0; i < values_.size(); ++i) {
    if (i > 0) out->push_back(',');
    if (is_object) {
      base::AppendJsonString(keys_[i], out);
      out->push_back(':');
    }
    values_[i].AppendTo(out);
  }
  out->push_back(is_object ? '}' : ']');
}

}  // namespace trellis::gateway
