#include "mesh/telemetry/log.h"

#include <spdlog/async.h>
#include <spdlog/sinks/stdout_sinks.h>

#include <chrono>
#include <cmath>
#include <cstdio>
#include <ctime>
#include <memory>

namespace trellis::telemetry {
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

// The length of the valid UTF-8 sequence at the start of `text`; 0 when there is none.
size_t SequenceLength(std::string_view text) {
  const auto byte = [&](size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = byte(0);
  const size_t length = lead < 0x80 ? 1 : lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  if ((lead >= 0x80 && lead < 0xc2) || lead > 0xf4 || length > text.size()) return 0;
  for (size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return 0;
  }
  if (lead == 0xe0 && byte(1) < 0xa0) return 0;
  if (lead == 0xed && byte(1) > 0x9f) return 0;
  if (lead == 0xf0 && byte(1) < 0x90) return 0;
  if (lead == 0xf4 && byte(1) > 0x8f) return 0;
  return length;
}

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

void AppendJsonString(std::string_view text, std::string* out) {
  constexpr char kHex[] = "0123456789abcdef";
  out->push_back('"');
  for (size_t i = 0; i < text.size();) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (c == '"' || c == '\\') {
      out->push_back('\\');
      out->push_back(text[i++]);
    } else if (c == '\n') {
      out->append("\\n");
      ++i;
    } else if (c < 0x20 || c == 0x7f) {
      out->append("\\u00");
      out->push_back(kHex[c >> 4]);
      out->push_back(kHex[c & 0xf]);
      ++i;
    } else if (const size_t length = SequenceLength(text.substr(i)); length > 0) {
      out->append(text.substr(i, length));
      i += length;
    } else {
      out->append("\xef\xbf\xbd");
      ++i;
    }
  }
  out->push_back('"');
}

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
