#include "tests/experiments/json_object.h"

#include <cstdio>

#include "mesh/base/json_string.h"

namespace trellis::experiments {

JsonObject& JsonObject::AddRaw(const std::string& key, std::string json) {
  members_.push_back({key, std::move(json), {}});
  return *this;
}

JsonObject& JsonObject::Add(const std::string& key, const char* text) {
  return Add(key, std::string(text));
}

JsonObject& JsonObject::Add(const std::string& key, const std::string& text) {
  std::string json;
  base::AppendJsonString(text, &json);
  return AddRaw(key, std::move(json));
}

JsonObject& JsonObject::Add(const std::string& key, bool value) {
  return AddRaw(key, value ? "true" : "false");
}

JsonObject& JsonObject::Add(const std::string& key, int value) {
  return AddRaw(key, std::to_string(value));
}

JsonObject& JsonObject::Add(const std::string& key, int64_t value) {
  return AddRaw(key, std::to_string(value));
}

JsonObject& JsonObject::Add(const std::string& key, double value) {
  char digits[40];
  std::snprintf(digits, sizeof(digits), "%.3f", value);
  return AddRaw(key, digits);
}

JsonObject& JsonObject::Add(const std::string& key, const JsonObject& object) {
  members_.push_back({key, "", {object}});
  return *this;
}

std::string JsonObject::Text(int level) const {
  const std::string indent(static_cast<size_t>(level + 1) * 2, ' ');
  std::string text = "{";
  for (const Member& member : members_) {
    text += (text.size() > 1 ? ",\n" : "\n") + indent;
    base::AppendJsonString(member.key, &text);
    text += ": " + (member.objects.empty() ? member.json : member.objects[0].Text(level + 1));
  }
  return text + "\n" + std::string(static_cast<size_t>(level) * 2, ' ') + "}";
}

}  // namespace trellis::experiments
