#include "mesh/telemetry/log.h"

#include <spdlog/async.h>
#include <spdlog/sinks/stdout_sinks.h>

#include <chrono>
#include <cmath>
#include <cstdio>
#include <ctime>
#include <memory>

#include "mesh/base/json_string.h"

namespace trellis::telemetry {

using base::AppendJsonString;

namespace {

constexpr size_t kQueueLines = 8192;

struct State {
  std::string service;
  std::shared_ptr<spdlog::details::thread_pool> pool;
  std::shared_ptr<spdlog::async_logger> logger;
  Level level = Level::kInfo;
};

State& Get() {
  static State state;
  return state;
}

constexpr const char* kLevelNames[] = {"debug", "info", "warn", "error"};

void AppendTime(std::string* out) {
  const auto now = std::chrono::system_clock::now();
  const std::time_t seconds = std::chrono::system_clock::to_time_t(now);
  const auto micros =
      std::chrono::duration_cast<std::chrono::microseconds>(now.time_since_epoch()).count() %
      1'000'000;
  std::tm utc{};
  gmtime_r(&seconds, &utc);
  char text[40];
  const size_t n = std::strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &utc);
  std::snprintf(text + n, sizeof(text) - n, ".%06ldZ", static_cast<long>(micros));
  out->append(text);
}

void AppendValue(const Field& field, std::string* out) {
  if (const auto* text = std::get_if<std::string_view>(&field.value)) {
    AppendJsonString(*text, out);
  } else if (const auto* integer = std::get_if<int64_t>(&field.value)) {
    out->append(std::to_string(*integer));
  } else if (const auto* number = std::get_if<double>(&field.value)) {
    if (!std::isfinite(*number)) return void(out->append("null"));  // JSON has no NaN
    char digits[32];
    std::snprintf(digits, sizeof(digits), "%.6g", *number);
    out->append(digits);
  } else {
    out->append(std::get<bool>(field.value) ? "true" : "false");
  }
}

}  // namespace

void StartLog(const std::string& service, const std::string& level) {
  State& state = Get();
  state.service = service;
  for (int i = 0; i < 4; ++i) {
    if (level == kLevelNames[i]) state.level = static_cast<Level>(i);
  }
  state.pool = std::make_shared<spdlog::details::thread_pool>(kQueueLines, 1);
  state.logger = std::make_shared<spdlog::async_logger>(
      service, std::make_shared<spdlog::sinks::stdout_sink_mt>(), state.pool,
      spdlog::async_overflow_policy::overrun_oldest);
  state.logger->set_pattern("%v");
}

void StopLog() {
  State& state = Get();
  state.logger.reset();
  state.pool.reset();
}

bool LogEnabled(Level level) { return Get().logger != nullptr && level >= Get().level; }

void Log(Level level, std::string_view message, std::initializer_list<Field> fields) {
  if (!LogEnabled(level)) return;
  std::string line = "{\"time\":\"";
  AppendTime(&line);
  line.append("\",\"level\":\"").append(kLevelNames[static_cast<int>(level)]);
  line.append("\",\"service\":");
  AppendJsonString(Get().service, &line);
  line.append(",\"message\":");
  AppendJsonString(message, &line);
  for (const Field& field : fields) {
    line.push_back(',');
    AppendJsonString(field.key, &line);
    line.push_back(':');
    AppendValue(field, &line);
  }
  line.push_back('}');
  Get().logger->log(spdlog::level::info, spdlog::string_view_t(line.data(), line.size()));
}

}  // namespace trellis::telemetry
