#ifndef MESH_BASE_OPTIONS_H_
#define MESH_BASE_OPTIONS_H_

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "mesh/base/clock.h"
#include "mesh/base/status.h"

namespace trellis::base {

// The settings of one process: a table of flag, environment variable, default and meaning, where a
// flag wins over the variable and the variable over the default. Targets are borrowed and written
// by Parse. Not thread-safe; used once, at the start of main.
//
//   Settings s;
//   OptionTable table("enqueue-worker", "Takes jobs from a queue and runs them.");
//   table.Add("redis-addr", "REDIS_ADDR", &s.redis_addr, "Redis, host:port");
//   table.ParseOrExit(argc, argv);
class OptionTable {
 public:
  OptionTable(std::string program, std::string summary)
      : program_(std::move(program)), summary_(std::move(summary)) {}

  // What *target holds now is the default.
  void Add(std::string flag, std::string variable, std::string* target, std::string help);
  void Add(std::string flag, std::string variable, bool* target, std::string help);
  void Add(std::string flag, std::string variable, int* target, int min, int max, std::string help);
  void Add(std::string flag, std::string variable, double* target, double min, double max,
           std::string help);
  // A whole number of milliseconds, or with a unit: 250ms, 5s, 2m, 1h.
  void Add(std::string flag, std::string variable, milliseconds* target, std::string help);
  // One of `choices`.
  void AddChoice(std::string flag, std::string variable, std::string* target,
                 std::vector<std::string> choices, std::string help);
  // host:port, :port (all interfaces) or port (loopback); rewritten to host:port.
  void AddAddress(std::string flag, std::string variable, std::string* target, std::string help);
  // As a string, never shown; VARIABLE_FILE names a file to read it from (one trailing newline is
  // cut off).
  void AddSecret(std::string flag, std::string variable, std::string* target, std::string help);

  // Reads flags (--name=value, --name value, --bool, --no-bool) and variables. The error names the
  // flag or the variable and says what is expected.
  [[nodiscard]] absl::Status Parse(const std::vector<std::string>& args);

  // Parse(); prints help and exits 0 for --help, prints one line and exits 2 for an error.
  void ParseOrExit(int argc, char** argv);

  [[nodiscard]] std::string Help() const;

  // Where variables come from: tests put their own here.
  using Environment = std::function<const char*(const std::string&)>;
  void set_environment(Environment environment) { environment_ = std::move(environment); }

 private:
  struct Option {
    std::string flag, variable, expected, default_text, help;
    bool is_bool = false;
    bool is_secret = false;
    std::function<bool(const std::string&)> set;
  };

  void AddOption(Option option) { options_.push_back(std::move(option)); }
  [[nodiscard]] const Option* Find(std::string_view flag) const;
  [[nodiscard]] absl::Status ReadVariables();
  [[nodiscard]] absl::Status ReadSecretFile(const Option& option);

  std::string program_;
  std::string summary_;
  std::vector<Option> options_;
  Environment environment_ = [](const std::string& name) { return getenv(name.c_str()); };
};

// "host:port" from host:port, :port or port; the port must be 0-65535. IPv6 as [::1]:80.
[[nodiscard]] absl::StatusOr<std::string> NormalizeAddress(std::string_view text);

struct HostPort {
  std::string host;  // without brackets
  uint16_t port = 0;
};
// Splits what NormalizeAddress made.
[[nodiscard]] absl::StatusOr<HostPort> SplitAddress(std::string_view text);

}  // namespace trellis::base

#endif  // MESH_BASE_OPTIONS_H_
