#ifndef SERVICES_WEATHER_SEND_BATCHER_H_
#define SERVICES_WEATHER_SEND_BATCHER_H_

#include <boost/asio/any_io_executor.hpp>
#include <functional>
#include <string>
#include <vector>

#include "mesh/redis/client.h"
#include "services/weather/correlation_table.h"
#include "services/weather/stream_clock.h"

namespace trellis::weather {

struct SendOptions {
  std::string request_stream = "weather-requests";
  std::string reply_stream = {};
  int64_t depth_limit = 100'000;  // entries that the stream of requests may hold
};

// Writes requests to the stream, many by one call of lua/send.lua: what comes in one turn of the
// reactor and, while a call is under way, what comes until its answer. So a request that is alone
// goes out at once, and the more there are, the fewer scripts does Redis run for them. A request
// that is not sent, or perhaps not, fails its waiting call; one that is sent notes its entry there.
// Nothing is sent when the reply stream is gone: its calls fail and `on_no_replies` is called.
// `clock` bounds what a slow Redis adds to a deadline, and learns from each answer. Holds
// references; belongs to the client's reactor, and outlives the sends under way on it.
class SendBatcher {
 public:
  SendBatcher(boost::asio::any_io_executor executor, redis::Client& client, CorrelationTable& table,
              StreamClock& clock, std::function<void()> on_no_replies, SendOptions options)
      : executor_(std::move(executor)),
        client_(client),
        table_(table),
        clock_(clock),
        on_no_replies_(std::move(on_no_replies)),
        options_(std::move(options)) {}

  void Send(Request request, WaitingCallPtr call);

 private:
  struct Item {
    Request request;
    WaitingCallPtr call;
  };

  boost::asio::awaitable<void> Flush();
  boost::asio::awaitable<void> Exchange(std::vector<Item> items);

  const boost::asio::any_io_executor executor_;
  redis::Client& client_;
  CorrelationTable& table_;
  StreamClock& clock_;
  const std::function<void()> on_no_replies_;
  const SendOptions options_;
  std::vector<Item> gathering_;
  bool flushing_ = false;
};

}  // namespace trellis::weather

#endif  // SERVICES_WEATHER_SEND_BATCHER_H_
