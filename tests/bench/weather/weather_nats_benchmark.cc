// The same question over NATS' request/reply, by its C client:
//   weather_nats_benchmark respond ADDRESS asap|gathered   answers until it is killed
//   weather_nats_benchmark ADDRESS CALLERS MILLISECONDS    asks
//
// Requests and replies have the bodies that go over the streams, and the responder does the work of
// a weather-worker. One caller waits for each reply as the client's own request call does; many are
// one subscription to all their inboxes, whose callback sends a caller's next request, which is
// faster than a thread for each. `asap`: each message leaves at once, which is fast for few;
// `gathered`: the client's own way, which is fast for many.
#include <nats/nats.h>

#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <mutex>

#include "mesh/base/clock.h"
#include "services/weather/model_provider.h"
#include "services/weather/weather_message.h"
#include "tests/bench/weather/closed_loop.h"

namespace trellis::bench {
namespace {

using std::chrono::steady_clock;

constexpr char kSubject[] = "weather";
// Up to so many callers `asap` is the faster way; weather_bench.py knows it, too.
constexpr int kFew = 64;

void Check(natsStatus status, const char* what) {
  if (status == NATS_OK) return;
  std::fprintf(stderr, "%s: %s\n", what, natsStatus_GetText(status));
  std::exit(1);
}

natsConnection* Connect(const std::string& address, bool asap) {
  natsOptions* options = nullptr;
  natsConnection* connection = nullptr;
  Check(natsOptions_Create(&options), "options");
  Check(natsOptions_SetURL(options, ("nats://" + address).c_str()), "address");
  Check(natsOptions_SetSendAsap(options, asap), "options");
  Check(natsConnection_Connect(&connection, options), address.c_str());
  natsOptions_Destroy(options);
  return connection;
}

// As ForecastHandler and ModelProvider do.
std::string Answer(std::string_view body) {
  const auto query = weather::DecodeQuery(body);
  if (!query.ok()) return "";
  const auto today = std::chrono::floor<std::chrono::days>(std::chrono::system_clock::now());
  std::vector<weather::DayForecast> forecasts;
  for (int i = 1; i <= query->days; ++i) {
    forecasts.push_back(
        weather::ModelProvider::On(query->city, query->location, today + std::chrono::days(i)));
  }
  return weather::EncodeForecasts(forecasts);
}

void Respond(natsConnection* connection, natsSubscription* /*subscription*/, natsMsg* message,
             void* /*unused*/) {
  const std::string reply =
      Answer({natsMsg_GetData(message), static_cast<size_t>(natsMsg_GetDataLength(message))});
  natsConnection_Publish(connection, natsMsg_GetReply(message), reply.data(),
                         static_cast<int>(reply.size()));
  natsMsg_Destroy(message);
}

int Responder(const std::string& address, bool asap) {
  natsConnection* const connection = Connect(address, asap);
  natsSubscription* subscription = nullptr;
  Check(natsConnection_Subscribe(&subscription, connection, kSubject, Respond, nullptr),
        "subscribe");
  Check(natsConnection_Flush(connection), "flush");
  std::puts("ready");
  std::fflush(stdout);
  for (;;) nats_Sleep(1000);
}

class Requester {
 public:
  Requester(const Arguments& arguments)
      : connection_(Connect(arguments.address, arguments.callers <= kFew)),
        body_(weather::EncodeQuery({kCity, kLocation, kDays})),
        expected_(Answer(body_)),
        loop_(arguments.Loop()),
        starts_(static_cast<size_t>(arguments.callers)),
        running_(arguments.callers) {}

  int Run() {
    if (loop_.callers() == 1) {
      One();
    } else {
      Many();
    }
    return loop_.Report();
  }

 private:
  void One() {
    for (Time start = steady_clock::now(); loop_.Goes(start);) {
      natsMsg* reply = nullptr;
      const natsStatus status =
          natsConnection_Request(&reply, connection_, kSubject, body_.data(),
                                 static_cast<int>(body_.size()), kPatience.count());
      const Time end = steady_clock::now();
      Note(0, status, reply, start, end);
      natsMsg_Destroy(reply);
      start = end;
    }
  }

  void Many() {
    natsInbox* inbox = nullptr;
    natsSubscription* subscription = nullptr;
    Check(natsInbox_Create(&inbox), "inbox");
    inbox_ = std::string(inbox) + ".";
    natsInbox_Destroy(inbox);
    const auto on_reply = [](natsConnection* /*connection*/, natsSubscription* /*subscription*/,
                             natsMsg* reply,
                             void* self) { static_cast<Requester*>(self)->OnReply(reply); };
    Check(natsConnection_Subscribe(&subscription, connection_, (inbox_ + "*").c_str(), on_reply,
                                   this),
          "subscribe");
    for (int i = 0; i < loop_.callers(); ++i) Send(i, steady_clock::now());
    std::unique_lock lock(mutex_);
    ended_.wait_for(lock, kPatience + std::chrono::minutes(1), [this] { return running_ == 0; });
  }

  void Send(int caller, Time now) {
    starts_[static_cast<size_t>(caller)] = now;
    Check(natsConnection_PublishRequest(connection_, kSubject,
                                        (inbox_ + std::to_string(caller)).c_str(), body_.data(),
                                        static_cast<int>(body_.size())),
          "publish");
  }

  void OnReply(natsMsg* reply) {
    const int caller = std::atoi(natsMsg_GetSubject(reply) + inbox_.size());
    const Time now = steady_clock::now();
    Note(caller, NATS_OK, reply, starts_[static_cast<size_t>(caller)], now);
    natsMsg_Destroy(reply);
    if (loop_.Goes(now)) return Send(caller, now);
    const std::lock_guard lock(mutex_);
    if (--running_ == 0) ended_.notify_one();
  }

  void Note(int caller, natsStatus status, natsMsg* reply, Time start, Time end) {
    if (status != NATS_OK) return loop_.Failed(caller, natsStatus_GetText(status));
    const std::string_view body(natsMsg_GetData(reply),
                                static_cast<size_t>(natsMsg_GetDataLength(reply)));
    if (body != expected_) return loop_.Failed(caller, "another answer than expected");
    loop_.Succeeded(caller, start, end);
  }

  natsConnection* const connection_;
  const std::string body_;
  const std::string expected_;
  ClosedLoop loop_;
  std::string inbox_;
  std::vector<Time> starts_;
  std::mutex mutex_;
  std::condition_variable ended_;
  int running_;
};

int Main(int argc, char** argv) {
  if (argc == 4 && std::strcmp(argv[1], "respond") == 0) {
    return Responder(argv[2], std::strcmp(argv[3], "asap") == 0);
  }
  return Requester(Arguments::ParseOrExit(argc, argv)).Run();
}

}  // namespace
}  // namespace trellis::bench

int main(int argc, char** argv) { return trellis::bench::Main(argc, argv); }
