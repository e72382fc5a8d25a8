#ifndef CLIENTS_CLI_LOAD_REPORT_H_
#define CLIENTS_CLI_LOAD_REPORT_H_

#include <string>
#include <vector>

#include "clients/cli/load/results.h"
#include "clients/cli/terminal.h"

// A run as a table on the terminal, as JSON and as a page. Thread-safe.
namespace trellis::cli::load {

struct Report {
  struct Judged {
    std::string threshold;
    std::string actual;
    bool met = false;
  };

  std::string target;  // "weather"
  std::string method;  // "trellis.weather.v1.WeatherService/GetForecast"
  std::string address;
  uint64_t seed = 0;
  Results results;
  std::vector<Judged> thresholds = {};

  [[nodiscard]] bool ThresholdsMet() const;
};

[[nodiscard]] std::string TextReport(const Report& report, const Terminal& terminal);

// One object with a newline. Times in milliseconds with their unit in the name; `docs/load.md` says
// what each is.
[[nodiscard]] std::string JsonReport(const Report& report);

// One page that needs nothing else: styles and charts (SVG) are in it, every chart is a table, too,
// and colours follow the system's light or dark.
[[nodiscard]] std::string HtmlReport(const Report& report);

}  // namespace trellis::cli::load

#endif  // CLIENTS_CLI_LOAD_REPORT_H_
