#ifndef MESH_TELEMETRY_LOG_H_
#define MESH_TELEMETRY_LOG_H_

#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <variant>

namespace trellis::telemetry {

enum class Level { kDebug, kInfo, kWarn, kError };

struct Field {
  std::string_view key;
  std::variant<std::string_view, int64_t, double, bool> value;

  Field(std::string_view k, std::string_view v) : key(k), value(v) {}
  Field(std::string_view k, const char* v) : key(k), value(std::string_view(v)) {}
  Field(std::string_view k, const std::string& v) : key(k), value(std::string_view(v)) {}
  Field(std::string_view k, bool v) : key(k), value(v) {}
  Field(std::string_view k, double v) : key(k), value(v) {}
  template <typename Integer>
  requires std::integral<Integer> Field(std::string_view k, Integer v)
      : key(k), value(static_cast<int64_t>(v)) {}
};

// Starts logging to stdout, one JSON object a line: time, level, service, message, fields. Lines
// are written by a thread of their own; when stdout is not read, the oldest waiting lines are
// dropped rather than anyone blocked. Call once, before the first Log. `level`: debug, info, warn,
// error.
void StartLog(const std::string& service, const std::string& level);
// Writes out what is waiting. Logging afterwards is ignored.
void StopLog();

[[nodiscard]] bool LogEnabled(Level level);

// Thread-safe; never blocks on I/O. Message payloads belong in kDebug only, secrets nowhere.
void Log(Level level, std::string_view message, std::initializer_list<Field> fields = {});

}  // namespace trellis::telemetry

#endif  // MESH_TELEMETRY_LOG_H_
