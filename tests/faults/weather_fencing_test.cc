// Guarantee: a worker that is stopped over a request and goes on after another has claimed it gets
// its answer refused; the caller has the other's, and only that.
#include <iostream>

#include "tests/support/weather_load.h"

namespace trellis::testing {
namespace {

constexpr char kAccepted[] = R"(trellis_weather_answers_total{outcome="accepted"})";
constexpr char kStale[] = R"(trellis_weather_answers_total{outcome="stale"})";
constexpr char kClaimed[] = R"(trellis_weather_requests_total{event="claimed"})";
constexpr char kReplies[] = "trellis_weather_replies_total{kind=\"";

class WeatherFencingTest : public WeatherTest {
 protected:
  // Makes a call, stops the worker that has it, and waits until another does or `patience` is over.
  // The stopped worker.
  ServerProcess* StopOverACall(milliseconds patience) {
    caller_ = std::thread([this] {
      HttpClient http = stack().Http();
      answer_ = Ask(http, "fenced", deadline_);
    });
    std::string holder;
    EXPECT_TRUE(WaitUntil([&] {
      holder = stack().Holder();
      return !holder.empty();
    }));
    ServerProcess* stopped = stack().FindWorker(holder);
    if (stopped == nullptr) return nullptr;
    stopped->Suspend();
    claimed_ = WaitUntil(
        [&] {
          const std::string now = stack().Holder();
          return !now.empty() && now != holder;
        },
        patience);
    return stopped;
  }
  double Replies(const std::string& kind) {
    return stack().service().Metric(kReplies + kind + "\"}");
  }

  // For how long the only pending request has been neither claimed nor renewed; -1: there is none.
  int64_t Silent() {
    const redis::Reply pending =
        stack().redis().Run({"XPENDING", "weather-requests", "weather-workers", "-", "+", "1"});
    return pending.size() == 1 ? pending[0][2].Integer() : -1;
  }

  milliseconds deadline_{10'000};  // the gateway allows no more
  std::thread caller_;
  Asked answer_;
  bool claimed_ = false;
};

TEST_F(WeatherFencingTest, StoppedWorkersAnswerIsRefusedAndCounted) {
  Make({.workers = 2,
        .service = {{"CALL_TIMEOUT", "10s"}},
        .worker = {{"PROCESSING_DELAY_MS", "2s"}, {"CLAIM_IDLE", "1s"}}});
  int rounds = 0;
  for (; rounds < 5; ++rounds) {
    const double accepted = Replies("accepted");
    ServerProcess* stopped = StopOverACall(milliseconds(10'000));
    ASSERT_NE(stopped, nullptr);
    EXPECT_TRUE(claimed_);
    caller_.join();
    EXPECT_EQ(answer_.status, 200);
    EXPECT_TRUE(answer_.right);
    EXPECT_NE(stack().FindWorker(answer_.served_by), stopped);
    stopped->Continue();
    EXPECT_TRUE(WaitUntil([&] { return stack().WorkersMetric(kStale) > rounds; }));
    EXPECT_EQ(Replies("accepted"), accepted + 1);
  }
  EXPECT_EQ(stack().WorkersMetric(kStale), rounds);
  EXPECT_EQ(stack().WorkersMetric(kAccepted), rounds);
  for (const char* kind : {"double", "late", "foreign"}) EXPECT_EQ(Replies(kind), 0) << kind;
}

TEST_F(WeatherFencingTest, SlowWorkThatIsRenewedStaysWithItsWorker) {
  Make({.workers = 2,
        .service = {{"CALL_TIMEOUT", "10s"}},
        .worker = {{"PROCESSING_DELAY_MS", "5s"}, {"CLAIM_IDLE", "2s"}}});
  HttpClient http = stack().Http();
  EXPECT_EQ(Ask(http, "slow", milliseconds(10'000)).status, 200);
  EXPECT_EQ(stack().WorkersMetric(kClaimed), 0);
  EXPECT_EQ(stack().WorkersMetric(kStale), 0);
}

// There is nobody else who could have claimed it; it does not do so itself.
TEST_F(WeatherFencingTest, WorkerThatPausesAgainAndAgainRunsItsRequestOnce) {
  Make({.workers = 1,
        .service = {{"CALL_TIMEOUT", "10s"}},
        .worker = {
            {"PROCESSING_DELAY_MS", "4s"}, {"CLAIM_IDLE", "300ms"}, {"MAX_DELIVERIES", "1"}}});
  caller_ = std::thread([this] {
    HttpClient http = stack().Http();
    answer_ = Ask(http, "once", deadline_);
  });
  EXPECT_TRUE(WaitUntil([&] { return Silent() >= 0; }));
  int pauses = 0;
  while (pauses < 4 && Silent() >= 0) {
    stack().worker(0).Suspend();
    EXPECT_TRUE(WaitUntil([&] { return Silent() > 400; }));
    stack().worker(0).Continue();
    EXPECT_TRUE(WaitUntil([&] { return Silent() < 300; }));
    ++pauses;
  }
  caller_.join();
  std::cout << "pauses: " << pauses << std::endl;
  EXPECT_EQ(answer_.status, 200);
  EXPECT_EQ(stack().WorkersMetric(R"(trellis_weather_requests_total{event="read"})"), 1);
  EXPECT_EQ(stack().WorkersMetric(kClaimed), 0);
  EXPECT_TRUE(WaitUntil([&] { return stack().WorkersMetric(kAccepted) == 1; }));
  EXPECT_EQ(stack().WorkersMetric(kStale), 0);
}

// A worker that replies without asking whether the request is still its own: the caller's instance
// sees two replies to one call.
TEST_F(WeatherFencingTest, ControlWithoutTheFenceThereAreTwoReplies) {
  Make();
  HttpClient http = stack().Http();
  const Asked asked = Ask(http, "twice", milliseconds(10'000));
  ASSERT_EQ(asked.status, 200);
  const redis::Reply keys = stack().redis().Run({"KEYS", "weather-responses:*"});
  ASSERT_EQ(keys.size(), 1U);
  (void)stack().redis().Run({"XADD", std::string(keys[0].Text()), "*", "id", asked.correlation_id,
                             "code", "0", "body", "", "served_by", "naive"});
  EXPECT_TRUE(WaitUntil([&] { return Replies("double") == 1; }));
}

// Without claims nobody takes over, and the call ends at its deadline.
TEST_F(WeatherFencingTest, ControlWithoutClaimsTheCallTimesOut) {
  deadline_ = milliseconds(6000);
  Make({.workers = 2, .worker = {{"PROCESSING_DELAY_MS", "5s"}, {"CLAIM_IDLE", "60s"}}});
  ServerProcess* stopped = StopOverACall(milliseconds(2000));
  ASSERT_NE(stopped, nullptr);
  EXPECT_FALSE(claimed_) << "this was to show that the check can fail";
  caller_.join();
  EXPECT_EQ(answer_.status, 504);
  stopped->Continue();
}

}  // namespace
}  // namespace trellis::testing
