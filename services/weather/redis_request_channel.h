#ifndef SERVICES_WEATHER_REDIS_REQUEST_CHANNEL_H_
#define SERVICES_WEATHER_REDIS_REQUEST_CHANNEL_H_

#include <functional>
#include <string>

#include "mesh/redis/connection.h"
#include "services/weather/channel_metrics.h"
#include "services/weather/correlation_table.h"
#include "services/weather/request_channel.h"
#include "services/weather/send_batcher.h"
#include "services/weather/stream_id.h"
#include "services/weather/stream_stats.h"

namespace trellis::weather {

struct ChannelOptions {
  SendOptions send = {};
  std::string group = "weather-workers";
  // The reply stream goes away by itself when nobody has renewed it for so long.
  milliseconds reply_ttl{30'000};
  // How often it is renewed and trimmed, and the gauges are read.
  milliseconds keep{1000};
};

// RequestChannel over two streams of one Redis: requests go to the one that all share, replies come
// over one of this channel's own. The reader goes on after a lost connection where it was, so that
// loses no reply; requests or replies that Redis has lost are found when it is back, or when the
// reply stream turns out to be gone, and answered with UNAVAILABLE, so that they can be made again.
// `commands` and `blocking` must be connections of this channel's reactor, the latter used by
// nobody else; all references must outlive it.
class RedisRequestChannel final : public RequestChannel, public StreamInspector {
 public:
  RedisRequestChannel(boost::asio::any_io_executor executor, redis::Connection& commands,
                      redis::Connection& blocking, ChannelMetrics& metrics, ChannelOptions options);

  // Starts reading, in coroutines of its own that run until Stop. On the reactor.
  void Start();
  // Ends them; False when they have not ended by the deadline. Calls under way go on.
  [[nodiscard]] boost::asio::awaitable<bool> Stop(base::Deadline deadline);
  // To be called when `commands` has connected, so that the channel is open at once.
  void OnConnected();
  // Called on the reactor when open() may have changed. Set it before Start.
  void set_on_change(std::function<void()> on_change) { on_change_ = std::move(on_change); }

  [[nodiscard]] Async<Reply> Call(Request request, base::Deadline deadline) override;
  [[nodiscard]] Async<StreamStats> Stats(base::Deadline deadline) override;

  // Whether calls can be made: Redis is there, and so is the reply stream.
  [[nodiscard]] bool open() const {
    return open_generation_ != 0 && open_generation_ == commands_.generation();
  }

 private:
  boost::asio::awaitable<void> ReadLoop();
  boost::asio::awaitable<bool> ReadOnce();
  void Take(redis::ReplyView entry);
  boost::asio::awaitable<void> KeepLoop();
  boost::asio::awaitable<void> Keep();
  // Ends the calls whose requests are neither in the stream nor answered. False when that could not
  // be found out.
  boost::asio::awaitable<bool> FailLost();
  boost::asio::awaitable<void> Trim();
  boost::asio::awaitable<bool> OpenReplyStream();

  const boost::asio::any_io_executor executor_;
  redis::Connection& commands_;
  redis::Connection& blocking_;
  ChannelMetrics& metrics_;
  const ChannelOptions options_;
  CorrelationTable table_;
  StreamClock clock_;
  uint64_t clock_generation_ = 0;  // of the connection whose Redis the clock is
  SendBatcher sender_;
  StreamId cursor_;          // the last reply that was read
  StreamId last_of_stream_;  // when it was last looked at
  size_t untrimmed_ = 0;     // replies read and not yet deleted
  uint64_t open_generation_ = 0;
  // Redis may have lost requests, or replies to them: until FailLost has looked.
  bool maybe_lost_ = false;
  std::function<void()> on_change_ = [] {};
  boost::asio::steady_timer wake_;
  int loops_ = 0;
  bool stopping_ = false;
};

}  // namespace trellis::weather

#endif  // SERVICES_WEATHER_REDIS_REQUEST_CHANNEL_H_
