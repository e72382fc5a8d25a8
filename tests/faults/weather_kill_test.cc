// Guarantee: through kill -9 of worker, service and Redis under load, every call ends by its
// deadline, and every answer is the right one. And: restarts that are not kills fail no call.
#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <iostream>
#include <random>

#include "clients/cpp/client.h"
#include "tests/support/weather_load.h"
#include "trellis/weather/v1/weather.grpc.pb.h"

namespace trellis::testing {
namespace {

class WeatherKillTest : public WeatherTest {
 protected:
  WeatherKillTest() {
    const char* given = std::getenv("TRELLIS_SEED");
    const uint64_t seed =
        given != nullptr ? std::strtoull(given, nullptr, 10) : std::random_device{}();
    std::cout << "TRELLIS_SEED=" << seed << std::endl;
    random_.seed(seed);
  }
  milliseconds Between(int from_ms, int to_ms) {
    return milliseconds(std::uniform_int_distribution<int>(from_ms, to_ms)(random_));
  }
  static void Pass(milliseconds time) {
    (void)WaitUntil([] { return false; }, time);
  }
  enum class Card { kRedis, kService, kWorker };
  // What is killed, one after the other: so many of each, whatever the machine's speed.
  std::vector<Card> Deck() {
    std::vector<Card> deck(5, Card::kRedis);
    deck.insert(deck.end(), 5, Card::kService);
    deck.insert(deck.end(), 15, Card::kWorker);
    std::shuffle(deck.begin(), deck.end(), random_);
    return deck;
  }
  void KillOne(Card card) {
    if (card == Card::kRedis) {
      stack().redis().Kill();
      Pass(Between(0, 500));
      stack().redis().Start();
      return;
    }
    ServerProcess& victim =
        card == Card::kService
            ? stack().service()
            : stack().worker(std::uniform_int_distribution<size_t>(0, 2)(random_));
    victim.Kill();
    Pass(Between(0, 300));
    victim.Start();
  }

  std::mt19937_64 random_;
};

TEST_F(WeatherKillTest, NoCallHangsAndNoAnswerIsWrongUnderKills) {
  Make({.workers = 3, .worker = {{"PROCESSING_DELAY_MS", "20ms"}}});
  WeatherLoad load(stack(), {.clients = 16, .deadline = milliseconds(2000)});
  const base::Deadline end = base::Deadline::After(milliseconds(120'000));
  for (const Card card : Deck()) {
    ASSERT_FALSE(end.Expired()) << "kills and restarts take too long here";
    KillOne(card);
    Pass(Between(50, 500));
  }
  stack().service().AwaitReady();
  for (size_t i = 0; i < 3; ++i) stack().worker(i).AwaitReady();
  // It recovers: the circuit closes, and calls are answered again.
  HttpClient http = stack().Http();
  EXPECT_TRUE(WaitUntil(
      [&] {
        for (int i = 0; i < 20; ++i) {
          if (Ask(http, "after", milliseconds(10'000)).status != 200) return false;
        }
        return true;
      },
      milliseconds(30'000)));
  load.Stop();
  std::cout << load.Summary() << std::endl;
  EXPECT_GT(load.good(), 1000);
  EXPECT_EQ(load.hung(), 0);
  EXPECT_EQ(load.wrong(), 0);
}

TEST_F(WeatherKillTest, RestartsOfWorkersFailNoCall) {
  Make({.workers = 2,
        .service = {{"CALL_TIMEOUT", "10s"}},
        .worker = {{"PROCESSING_DELAY_MS", "30ms"}}});
  WeatherLoad load(stack(), {.clients = 8, .deadline = milliseconds(10'000)});
  for (int round = 0; round < 6; ++round) {
    ServerProcess& worker = stack().worker(static_cast<size_t>(round) % 2);
    const int64_t before = load.good();
    ASSERT_TRUE(WaitUntil([&] { return load.good() > before + 50; }));
    EXPECT_EQ(worker.Terminate(), 0);
    worker.StartAndAwaitReady();
  }
  load.Stop();
  std::cout << "six restarts: " << load.Summary() << std::endl;
  EXPECT_EQ(load.good(), load.made());
  EXPECT_EQ(load.wrong(), 0);
}

// A client that knows both instances, as one in Kubernetes does by the headless service's name.
TEST_F(WeatherKillTest, RestartsOfOneInstanceAfterTheOtherFailNoCall) {
  using weather::v1::WeatherService;
  Make({.workers = 2, .worker = {{"PROCESSING_DELAY_MS", "20ms"}}});
  const int second_port = StablePort();
  const std::unique_ptr<ServerProcess> second = stack().AddService(second_port);
  const std::string address = "127.0.0.1:";
  client::Client<WeatherService> client({.address = "ipv4:" + address +
                                                    std::to_string(stack().grpc_port()) + "," +
                                                    address + std::to_string(second_port)});
  std::atomic<bool> stop{false};
  std::atomic<int> good{0}, bad{0};
  std::vector<std::thread> callers;
  for (int i = 0; i < 8; ++i) {
    callers.emplace_back([&] {
      weather::v1::GetForecastRequest request;
      request.set_city("city");
      while (!stop) {
        const auto reply = client.Call(&WeatherService::Stub::GetForecast, request);
        if (!reply.ok()) std::cerr << reply.status() << std::endl;
        ++(reply.ok() ? good : bad);
      }
    });
  }
  for (int round = 0; round < 6; ++round) {
    ServerProcess& process = round % 2 == 0 ? stack().service() : *second;
    const int before = good;
    EXPECT_TRUE(WaitUntil([&] { return good > before + 100; }));
    EXPECT_EQ(process.Terminate(), 0);
    process.StartAndAwaitReady();
    // A rollout goes on when clients use the new one.
    const std::string answered = R"(trellis_weather_calls_total{outcome="answered"})";
    EXPECT_TRUE(WaitUntil([&] { return process.Metric(answered) > 0; }));
  }
  stop = true;
  for (std::thread& caller : callers) caller.join();
  std::cout << "six restarts: " << good << " calls, failed " << bad << std::endl;
  EXPECT_EQ(bad, 0);
}

TEST_F(WeatherKillTest, ServiceAnswersWhatIsUnderWayBeforeItEnds) {
  Make({.workers = 1,
        .service = {{"CALL_TIMEOUT", "10s"}},
        .worker = {{"PROCESSING_DELAY_MS", "4s"}}});
  std::vector<Asked> answers(8);
  std::vector<std::thread> callers;
  for (size_t i = 0; i < answers.size(); ++i) {
    callers.emplace_back([this, i, &answers] {
      HttpClient http = stack().Http();
      answers[i] = Ask(http, "city " + std::to_string(i), milliseconds(10'000));
    });
  }
  const std::string in_hand = "trellis_weather_requests_in_hand";
  EXPECT_TRUE(WaitUntil([&] { return stack().WorkersMetric(in_hand) == 8; }));
  EXPECT_EQ(stack().service().Terminate(), 0);
  for (std::thread& caller : callers) caller.join();
  for (const Asked& answer : answers) EXPECT_EQ(answer.status, 200);
  // Its reply stream went with it.
  EXPECT_EQ(stack().redis().Run({"KEYS", "weather-responses:*"}).size(), 0U);
}

// What the account of a killed worker rests on: that others claim what it left.
TEST_F(WeatherKillTest, ControlWithoutClaimsTheDeadWorkersCallsTimeOut) {
  Make({.workers = 1, .worker = {{"PROCESSING_DELAY_MS", "2s"}, {"CLAIM_IDLE", "60s"}}});
  Asked answer;
  std::thread caller([&] {
    HttpClient http = stack().Http();
    answer = Ask(http, "lost", milliseconds(3000));
  });
  EXPECT_TRUE(WaitUntil([&] { return !stack().Holder().empty(); }));
  stack().worker(0).Kill();
  stack().worker(0).StartAndAwaitReady();
  caller.join();
  EXPECT_EQ(answer.status, 504) << "this was to show that the check can fail";
}

}  // namespace
}  // namespace trellis::testing
