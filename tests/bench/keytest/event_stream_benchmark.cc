// How fast KeyTest's events go through a broker, without Redis: one process publishes in batches
// and waits for the confirms, takes the deliveries and acks them. The broker is the one of
// EVENT_STREAM, RABBITMQ_URLS and NATS_URL, and must have no other consumer.
//   event_stream_benchmark [--events N] [--batch N] [--under-way N]
// It prints one JSON object.
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <cstdio>
#include <vector>

#include "mesh/base/clock.h"
#include "mesh/base/sleep.h"
#include "services/keytest/stream_settings.h"

namespace trellis::bench {
namespace {

namespace asio = boost::asio;
using base::Deadline;
using base::milliseconds;
using std::chrono::steady_clock;

constexpr milliseconds kPatience{30'000};

class Run {
 public:
  Run(keytest::EventStream& stream, int events, int batch)
      : stream_(stream), events_(events), batch_(batch), seen_(events) {}

  // Batches one after the other until all events are confirmed.
  asio::awaitable<void> Publish() {
    while (next_ < events_) {
      std::vector<keytest::Event> events;
      for (; next_ < events_ && static_cast<int>(events.size()) < batch_; ++next_) {
        events.push_back({"bench", next_, 1'700'000'000'000});
      }
      while (!events.empty()) {
        const auto statuses = co_await stream_.Publish(events, Deadline::After(kPatience));
        std::vector<keytest::Event> again;
        for (size_t i = 0; i < events.size(); ++i) {
          if (!statuses[i].ok()) again.push_back(events[i]);
        }
        confirmed_left_ -= static_cast<int>(events.size() - again.size());
        failed_ += static_cast<int>(again.size());
        events = std::move(again);
      }
    }
    if (confirmed_left_ == 0) published_ = steady_clock::now();
  }

  asio::awaitable<void> Consume() {
    while (taken_ < events_) {
      const auto deliveries = co_await stream_.Next(batch_, Deadline::After(kPatience));
      if (!deliveries.ok()) continue;
      for (const keytest::Delivery& delivery : *deliveries) {
        if (seen_[delivery.event.n]) {
          ++twice_;
        } else {
          seen_[delivery.event.n] = true;
          ++taken_;
        }
      }
      stream_.Ack(*deliveries);
    }
    stream_.Flush(Deadline::After(kPatience));
    done_ = steady_clock::now();
    finished_ = true;
  }

  [[nodiscard]] bool finished() const { return finished_; }
  void Report(const std::string& kind, steady_clock::time_point start) const {
    const auto rate = [&](steady_clock::time_point end) {
      return events_ / std::chrono::duration<double>(end - start).count();
    };
    std::printf(
        "{\"broker\":\"%s\",\"events\":%d,\"batch\":%d,\"published_per_second\":%.0f,"
        "\"through_per_second\":%.0f,\"delivered_twice\":%d,\"published_again\":%d}\n",
        kind.c_str(), events_, batch_, rate(published_), rate(done_), twice_, failed_);
  }

 private:
  keytest::EventStream& stream_;
  const int events_;
  const int batch_;
  std::vector<bool> seen_;
  int next_ = 0;
  int confirmed_left_ = events_;
  int taken_ = 0;
  int twice_ = 0;
  int failed_ = 0;
  bool finished_ = false;
  steady_clock::time_point published_, done_;
};

int Main(int argc, char** argv) {
  keytest::StreamSettings settings;
  int events = 200'000, batch = 256, under_way = 4;
  base::OptionTable table("event_stream_benchmark", "KeyTest's events through a broker.");
  settings.AddTo(table);
  table.Add("events", "", &events, 1, 10'000'000, "how many");
  table.Add("batch", "", &batch, 1, 10'000, "events published or taken at a time");
  table.Add("under-way", "", &under_way, 1, 100, "batches that are published at a time");
  table.ParseOrExit(argc, argv);
  const auto stream = settings.Make("benchmark");
  if (!stream.ok()) {
    std::fprintf(stderr, "%s\n", base::MessageOf(stream.status()).c_str());
    return 2;
  }
  asio::io_context context(1);
  (*stream)->Start();
  while (!(*stream)->state().fine) {
    context.run_for(milliseconds(5));
    context.restart();
  }
  Run run(**stream, events, batch);
  const auto start = steady_clock::now();
  asio::co_spawn(context, run.Consume(), asio::detached);
  for (int i = 0; i < under_way; ++i) asio::co_spawn(context, run.Publish(), asio::detached);
  while (!run.finished()) context.run_one_for(milliseconds(100));
  run.Report(settings.kind, start);
  return 0;
}

}  // namespace
}  // namespace trellis::bench

int main(int argc, char** argv) { return trellis::bench::Main(argc, argv); }
