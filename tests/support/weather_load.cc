#include "tests/support/weather_load.h"

#include <cstdio>

#include "services/weather/model_provider.h"
#include "tests/support/json.h"
#include "trellis/weather/v1/weather.pb.h"

namespace trellis::testing {

using std::chrono::steady_clock;

namespace {

bool IsRight(const weather::v1::GetForecastResponse& response, const std::string& city,
             const std::string& location) {
  if (response.city() != city || response.location() != location) return false;
  if (response.forecasts_size() != 5) return false;
  for (const auto& forecast : response.forecasts()) {
    int year = 0;
    unsigned month = 0, day = 0;
    if (std::sscanf(forecast.date().c_str(), "%d-%u-%u", &year, &month, &day) != 3) return false;
    const std::chrono::sys_days date{std::chrono::year(year) / static_cast<int>(month) /
                                     static_cast<int>(day)};
    const auto expected = weather::ModelProvider::On(city, location, date);
    if (forecast.temperature_c() != expected.temperature_c) return false;
    if (forecast.summary() != expected.summary) return false;
  }
  return true;
}

}  // namespace

Asked Ask(HttpClient& http, const std::string& city, milliseconds deadline) {
  const std::string location = "at " + city;
  const auto start = steady_clock::now();
  const auto reply = http.Request(
      "POST", "/WeatherForecast/city",
      {{"Content-Type", "application/json"}, {"X-Timeout-Ms", std::to_string(deadline.count())}},
      R"({"city":")" + city + R"(","location":")" + location + "\"}");
  Asked asked;
  asked.took = std::chrono::duration_cast<milliseconds>(steady_clock::now() - start);
  if (!reply.ok()) return asked;
  asked.status = reply->status;
  if (reply->status != 200) return asked;
  const auto response = FromJson<weather::v1::GetForecastResponse>(reply->body);
  asked.right = IsRight(response, city, location);
  asked.served_by = response.served_by();
  asked.correlation_id = response.correlation_id();
  return asked;
}

WeatherLoad::WeatherLoad(WeatherStack& stack, LoadOptions options)
    : port_(stack.http_port()), options_(options) {
  for (int client = 0; client < options_.clients; ++client) {
    threads_.emplace_back([this, client] { Run(client); });
  }
}

void WeatherLoad::Stop() {
  stop_ = true;
  for (std::thread& thread : threads_) {
    if (thread.joinable()) thread.join();
  }
}

void WeatherLoad::Run(int client) {
  HttpClient http(port_);
  for (int i = 0; !stop_; ++i) {
    if (options_.rate > 0) {
      // Whichever client is free makes the next call of the schedule.
      const std::chrono::duration<double> due(static_cast<double>(next_++) / options_.rate);
      std::this_thread::sleep_until(start_ +
                                    std::chrono::duration_cast<steady_clock::duration>(due));
      if (stop_) return;
    }
    const std::string city = "city " + std::to_string(client) + "." + std::to_string(i);
    ++made_;
    const Asked asked = Ask(http, city, options_.deadline);
    Note(asked);
    // Refusals come at once: do not spin.
    if (asked.status != 200 && options_.rate == 0) {
      std::this_thread::sleep_for(milliseconds(asked.status == 0 ? 20 : 5));
    }
  }
}

void WeatherLoad::Note(const Asked& asked) {
  if (asked.took > options_.deadline + milliseconds(5000)) ++hung_;
  const std::lock_guard lock(mutex_);
  ++statuses_[asked.status];
  if (asked.status != 200) return;
  ++good_;
  if (!asked.right || !ids_.insert(asked.correlation_id).second) ++wrong_;
  if (asked.took.count() > slowest_good_ms_) slowest_good_ms_ = asked.took.count();
}

std::map<int, int64_t> WeatherLoad::statuses() const {
  const std::lock_guard lock(mutex_);
  return statuses_;
}

std::string WeatherLoad::Summary() const {
  std::string text = std::to_string(made_) + " calls, slowest good one " +
                     std::to_string(slowest_good_ms_) + " ms, by status:";
  for (const auto& [status, count] : statuses()) {
    text += " " + std::to_string(status) + "=" + std::to_string(count);
  }
  return text;
}

}  // namespace trellis::testing
