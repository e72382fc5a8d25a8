#ifndef TESTS_EXPERIMENTS_JSON_OBJECT_H_
#define TESTS_EXPERIMENTS_JSON_OBJECT_H_

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace trellis::experiments {

// A JSON object that keeps the order in which its members were added, for reports that people read.
class JsonObject {
 public:
  JsonObject& Add(const std::string& key, const char* text);
  JsonObject& Add(const std::string& key, const std::string& text);
  JsonObject& Add(const std::string& key, bool value);
  JsonObject& Add(const std::string& key, int value);
  JsonObject& Add(const std::string& key, int64_t value);
  // With three digits after the point.
  JsonObject& Add(const std::string& key, double value);
  JsonObject& Add(const std::string& key, const JsonObject& object);

  // Over several lines, indented by two blanks for each level.
  [[nodiscard]] std::string Text(int level = 0) const;

 private:
  JsonObject& AddRaw(const std::string& key, std::string json);

  struct Member {
    std::string key;
    std::string json;                 // unless it is an object
    std::vector<JsonObject> objects;  // at most one
  };
  std::vector<Member> members_;
};

}  // namespace trellis::experiments

#endif  // TESTS_EXPERIMENTS_JSON_OBJECT_H_
