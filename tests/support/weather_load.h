#ifndef TESTS_SUPPORT_WEATHER_LOAD_H_
#define TESTS_SUPPORT_WEATHER_LOAD_H_

#include <atomic>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "tests/support/weather_stack.h"

namespace trellis::testing {

// Asks for the forecast of a city; the HTTP status, or 0 when there was no answer. With a good
// answer: whether it is the city's own, by the model.
struct Asked {
  int status = 0;
  bool right = true;
  std::string served_by;
  std::string correlation_id;
  milliseconds took{0};
};
[[nodiscard]] Asked Ask(HttpClient& http, const std::string& city, milliseconds deadline);

struct LoadOptions {
  int clients = 8;
  // Calls a second of all clients together, each at its time, however long the others take (as long
  // as a client is free); 0: each client makes its next call after the last.
  double rate = 0;
  milliseconds deadline{2000};
};

// Clients on threads of their own that ask for forecasts of ever other cities until told to stop,
// and check each answer. The stack must outlive it.
class WeatherLoad {
 public:
  WeatherLoad(WeatherStack& stack, LoadOptions options);
  ~WeatherLoad() { Stop(); }
  WeatherLoad(const WeatherLoad&) = delete;
  WeatherLoad& operator=(const WeatherLoad&) = delete;

  // Waits for the answers that are under way.
  void Stop();

  [[nodiscard]] int64_t good() const { return good_; }
  [[nodiscard]] int64_t made() const { return made_; }
  // Answers that are not the city's, or that another call had too.
  [[nodiscard]] int64_t wrong() const { return wrong_; }
  // Calls that took longer than their deadline and five seconds.
  [[nodiscard]] int64_t hung() const { return hung_; }
  // By HTTP status; 0: no answer.
  [[nodiscard]] std::map<int, int64_t> statuses() const;
  [[nodiscard]] milliseconds slowest_good() const { return milliseconds(slowest_good_ms_.load()); }
  [[nodiscard]] std::string Summary() const;

 private:
  void Run(int client);
  void Note(const Asked& asked);

  const int port_;
  const LoadOptions options_;
  const std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
  std::atomic<bool> stop_{false};
  std::atomic<int64_t> next_{0}, made_{0}, good_{0}, wrong_{0}, hung_{0}, slowest_good_ms_{0};
  mutable std::mutex mutex_;
  std::map<int, int64_t> statuses_;
  std::set<std::string> ids_;
  std::vector<std::thread> threads_;
};

}  // namespace trellis::testing

#endif  // TESTS_SUPPORT_WEATHER_LOAD_H_
