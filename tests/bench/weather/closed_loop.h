#ifndef TESTS_BENCH_WEATHER_CLOSED_LOOP_H_
#define TESTS_BENCH_WEATHER_CLOSED_LOOP_H_

#include <chrono>
#include <string>
#include <vector>

namespace trellis::bench {

using Time = std::chrono::steady_clock::time_point;

// What one of the callers of a closed loop has seen: each makes a call when its last one has ended.
// Used by one thread at a time.
struct Caller {
  std::vector<uint32_t> nanoseconds = {};  // of the calls that ended in the measured time
  uint64_t failed = 0;
  std::string error = {};  // of one that failed
};

// A closed loop of so many callers for a time, of which the first part is to get warm and does not
// count. The bookkeeping that all requesters share, whatever they call. Thread-safe, as long as
// each caller is one thread's at a time.
class ClosedLoop {
 public:
  ClosedLoop(int callers, std::chrono::milliseconds warm_up, std::chrono::milliseconds measured);

  [[nodiscard]] int callers() const { return static_cast<int>(callers_.size()); }
  // Whether a caller that looks at the clock now makes another call.
  [[nodiscard]] bool Goes(Time now) const { return now < end_; }
  void Succeeded(int caller, Time start, Time end);
  void Failed(int caller, std::string error);

  // A line of JSON on stdout: {"calls","per_second","p50_us","p99_us"}. Once all callers have
  // ended. Exit code 1, and a line on stderr, when a call has failed: figures of such a run mean
  // nothing.
  [[nodiscard]] int Report() const;

 private:
  const Time begin_;
  const Time end_;
  std::vector<Caller> callers_;
};

// The arguments of all requesters: ADDRESS CALLERS MILLISECONDS. Exits with 2 when they are not.
struct Arguments {
  std::string address;
  int callers = 1;
  std::chrono::milliseconds measured{1000};

  static Arguments ParseOrExit(int argc, char** argv);
  [[nodiscard]] ClosedLoop Loop() const;
};

// What is asked for in every call.
inline constexpr char kCity[] = "New York";
inline constexpr char kLocation[] = "Downtown";
inline constexpr int kDays = 5;
// Long enough that none is missed because others use the machine.
inline constexpr std::chrono::milliseconds kPatience{5000};

}  // namespace trellis::bench

#endif  // TESTS_BENCH_WEATHER_CLOSED_LOOP_H_
