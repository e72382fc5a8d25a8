#include "tests/bench/weather/closed_loop.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>

namespace trellis::bench {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

ClosedLoop::ClosedLoop(int callers, milliseconds warm_up, milliseconds measured)
    : begin_(steady_clock::now() + warm_up),
      end_(begin_ + measured),
      callers_(static_cast<size_t>(callers)) {}

void ClosedLoop::Succeeded(int caller, Time start, Time end) {
  if (end < begin_ || end > end_) return;
  const auto took = std::chrono::duration_cast<std::chrono::nanoseconds>(end - start).count();
  callers_[static_cast<size_t>(caller)].nanoseconds.push_back(static_cast<uint32_t>(took));
}

void ClosedLoop::Failed(int caller, std::string error) {
  Caller& seen = callers_[static_cast<size_t>(caller)];
  ++seen.failed;
  seen.error = std::move(error);
}

int ClosedLoop::Report() const {
  std::vector<uint32_t> all;
  for (const Caller& caller : callers_) {
    all.insert(all.end(), caller.nanoseconds.begin(), caller.nanoseconds.end());
    if (caller.failed == 0) continue;
    std::fprintf(stderr, "calls failed: %s\n", caller.error.c_str());
    return 1;
  }
  if (all.empty()) {
    std::fprintf(stderr, "no call ended in the measured time\n");
    return 1;
  }
  std::sort(all.begin(), all.end());
  const auto micros = [&all](double share) {
    return all[static_cast<size_t>(share * static_cast<double>(all.size()))] / 1000.0;
  };
  const double seconds = std::chrono::duration<double>(end_ - begin_).count();
  std::printf("{\"calls\": %zu, \"per_second\": %.1f, \"p50_us\": %.1f, \"p99_us\": %.1f}\n",
              all.size(), static_cast<double>(all.size()) / seconds, micros(0.5), micros(0.99));
  return 0;
}

Arguments Arguments::ParseOrExit(int argc, char** argv) {
  Arguments arguments;
  if (argc == 4) {
    arguments.address = argv[1];
    arguments.callers = std::atoi(argv[2]);
    arguments.measured = milliseconds(std::atoi(argv[3]));
  }
  if (arguments.callers < 1 || arguments.measured < milliseconds(1) || argc != 4) {
    std::fprintf(stderr, "%s ADDRESS CALLERS MILLISECONDS is expected\n", argv[0]);
    std::exit(2);
  }
  return arguments;
}

ClosedLoop Arguments::Loop() const { return ClosedLoop(callers, measured / 4, measured); }

}  // namespace trellis::bench
