// Guarantee: at twice their capacity, workers start nothing after its deadline and do at least 90 %
// of what they can; when the load halves, calls go through again within five seconds.
#include <ctime>
#include <iostream>

#include "tests/support/weather_load.h"

namespace trellis::testing {
namespace {

// Two workers with ten hands of 50 ms each: at most 400 calls a second.
const Variables kWorker = {
    {"PROCESSING_DELAY_MS", "50ms"}, {"WORKER_CONCURRENCY", "10"}, {"LOG_LEVEL", "debug"}};
constexpr milliseconds kDeadline{1000};

void Pass(milliseconds time) {
  (void)WaitUntil([] { return false; }, time);
}

// Milliseconds since 1970 of "2026-11-25T18:57:52.247070Z".
int64_t TimeOf(const std::string& text) {
  std::tm parts{};
  if (strptime(text.c_str(), "%Y-%m-%dT%H:%M:%S", &parts) == nullptr) return 0;
  return static_cast<int64_t>(timegm(&parts)) * 1000 + std::stoi(text.substr(20, 3));
}

struct Starts {
  int64_t all = 0;
  int64_t late = 0;
};

// What a worker's log says about the requests that it started: the time is the system's, not the
// one by which the worker decides.
Starts StartsOf(const ServerProcess& worker) {
  Starts starts;
  const std::string log = worker.Log();
  const std::string mark = R"("message":"request started")";
  const std::string deadline = R"("deadline_ms":)";
  for (size_t at = log.find(mark); at != log.npos; at = log.find(mark, at + 1)) {
    const size_t line = log.rfind('\n', at) + 1;
    ++starts.all;
    const int64_t started = TimeOf(log.substr(log.find(R"("time":")", line) + 8, 27));
    const size_t field = log.find(deadline, at);
    if (started > std::stoll(log.substr(field + deadline.size(), 20))) ++starts.late;
  }
  return starts;
}

// Neither limit nor circuit in front of the workers: what is too much waits for them.
const Variables kNothingInFront = {{"LIMIT_MIN", "100000"},
                                   {"LIMIT_MAX", "100000"},
                                   {"CIRCUIT_FAILURE_PERCENT", "101"},
                                   {"CIRCUIT_SLOW_PERCENT", "101"}};

class WeatherOverloadTest : public WeatherTest {
 protected:
  Starts StartsOfAll() {
    Starts all;
    for (size_t i = 0; i < stack().workers(); ++i) {
      const Starts starts = StartsOf(stack().worker(i));
      all.all += starts.all;
      all.late += starts.late;
    }
    std::cout << "started " << all.all << ", after their deadline " << all.late << std::endl;
    return all;
  }

  // Makes requests grow old while the only worker is away, and starts it again.
  void LeaveOldRequests(const Variables& worker) {
    Make({.workers = 1,
          .service = {{"LIMIT_MIN", "1000"}, {"CIRCUIT_FAILURE_PERCENT", "101"}},
          .worker = worker});
    stack().worker(0).Terminate();
    {
      WeatherLoad load(stack(), {.clients = 50, .deadline = milliseconds(300)});
      Pass(milliseconds(1000));
      load.Stop();
      EXPECT_EQ(load.good(), 0);
      EXPECT_EQ(load.hung(), 0);
    }
    EXPECT_GT(Length(), 50);
    stack().worker(0).StartAndAwaitReady();
    EXPECT_TRUE(WaitUntil([&] { return Length() == 0; }));
  }
  int64_t Length() { return stack().redis().Run({"XLEN", "weather-requests"}).Integer(); }

  // Good answers a second while the load goes on for that long.
  static double GoodputOf(const WeatherLoad& load, milliseconds time) {
    const int64_t before = load.good();
    const auto start = std::chrono::steady_clock::now();
    Pass(time);
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
    return static_cast<double>(load.good() - before) / took.count();
  }
};

TEST_F(WeatherOverloadTest, GoodputHoldsAtTwiceTheCapacityAndRecoversWhenTheLoadHalves) {
  Make({.workers = 2, .worker = kWorker});
  double capacity = 0;
  {
    // As many calls at a time as there are hands, and a few more so that none is idle.
    WeatherLoad load(stack(), {.clients = 24, .deadline = kDeadline});
    Pass(milliseconds(1000));
    capacity = GoodputOf(load, milliseconds(4000));
    load.Stop();
  }
  double goodput = 0;
  {
    WeatherLoad load(stack(), {.clients = 200, .rate = 2 * capacity, .deadline = kDeadline});
    Pass(milliseconds(2000));
    goodput = GoodputOf(load, milliseconds(10'000));
    load.Stop();
    std::cout << "capacity " << capacity << "/s, goodput at twice that " << goodput << "/s; "
              << load.Summary() << std::endl;
    EXPECT_EQ(load.hung(), 0);
    EXPECT_EQ(load.wrong(), 0);
  }
  EXPECT_GE(goodput, 0.9 * capacity);
  {
    // Below the capacity by little, so that there is something to recover to.
    const double rate = 0.95 * capacity;
    WeatherLoad load(stack(), {.clients = 200, .rate = rate, .deadline = kDeadline});
    double recovered_after = -1;
    const auto start = std::chrono::steady_clock::now();
    for (int second = 0; second < 20 && recovered_after < 0; ++second) {
      const double now = GoodputOf(load, milliseconds(500));
      const std::chrono::duration<double> since = std::chrono::steady_clock::now() - start;
      if (now >= 0.9 * rate) recovered_after = since.count();
    }
    load.Stop();
    std::cout << "after the load halved: well after " << recovered_after << " s; " << load.Summary()
              << std::endl;
    EXPECT_GE(recovered_after, 0);
    EXPECT_LE(recovered_after, 5);
  }
  const Starts starts = StartsOfAll();
  EXPECT_GT(starts.all, 1000);
  EXPECT_EQ(starts.late, 0);
}

// A worker is not spared expired requests by the limit in front of it: when it was away, all that
// waits for it is old, and it starts none of that.
TEST_F(WeatherOverloadTest, WorkerThatWasAwayStartsNothingThatNobodyWaitsFor) {
  LeaveOldRequests(kWorker);
  EXPECT_EQ(StartsOfAll().all, 0);
  EXPECT_GT(stack().WorkersMetric(R"(trellis_weather_requests_total{event="expired"})"), 50);
}

TEST_F(WeatherOverloadTest, ControlWorkerThatWasAwayStartsOldRequestsWhereItDoesNotLook) {
  Variables worker = kWorker;
  worker["IGNORE_DEADLINES"] = "true";
  LeaveOldRequests(worker);
  EXPECT_GT(StartsOfAll().late, 50) << "this was to show that late starts are noticed";
}

// With neither limit nor circuit in front, the queue makes every request old: most of what is done
// is too late for its caller. Still, the workers start nothing after its deadline.
TEST_F(WeatherOverloadTest, ControlWithoutTheLimitCallsWaitUntilTheyAreOld) {
  Make({.workers = 2, .service = kNothingInFront, .worker = kWorker});
  WeatherLoad load(stack(), {.clients = 800, .rate = 800, .deadline = milliseconds(400)});
  Pass(milliseconds(2000));
  const int64_t timeouts_before = load.statuses()[504];
  const double goodput = GoodputOf(load, milliseconds(4000));
  const int64_t timeouts = load.statuses()[504] - timeouts_before;
  load.Stop();
  std::cout << "without a limit: goodput " << goodput << "/s; " << load.Summary() << std::endl;
  EXPECT_GT(timeouts, 500) << "this was to show that callers wait in vain without the limit";
  EXPECT_EQ(StartsOfAll().late, 0);
}

// The same load on workers that do not look at the deadline: the account of late starts, which is 0
// above, is not.
TEST_F(WeatherOverloadTest, ControlWorkersThatDoNotLookAtTheDeadlineStartWhatIsOld) {
  Variables worker = kWorker;
  worker["IGNORE_DEADLINES"] = "true";
  Make({.workers = 2, .service = kNothingInFront, .worker = worker});
  WeatherLoad load(stack(), {.clients = 800, .rate = 800, .deadline = milliseconds(400)});
  Pass(milliseconds(4000));
  load.Stop();
  EXPECT_GT(StartsOfAll().late, 100) << "this was to show that late starts are noticed";
}

}  // namespace
}  // namespace trellis::testing
