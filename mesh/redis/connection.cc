#include "mesh/redis/connection.h"

#include <hiredis/hiredis.h>
#include <netinet/tcp.h>

#include <boost/asio/async_result.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/connect.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <deque>
#include <optional>

#include "mesh/base/ids.h"
#include "mesh/base/options.h"
#include "mesh/redis/impl/reply_objects.h"

namespace trellis::redis {

namespace asio = boost::asio;
using asio::ip::tcp;
using base::Deadline;
using base::SteadyTime;
using boost::system::error_code;

namespace {

constexpr size_t kReadChunk = 64 * 1024;
// hiredis' reader moves all that it holds to the front for each kilobyte that it has parsed: what
// it holds is kept short.
constexpr size_t kFeedSize = 4 * 1024;

absl::Status Unavailable(const std::string& why) {
  return base::MakeStatus(absl::StatusCode::kUnavailable, "redis: " + why);
}

void SetSocketOptions(tcp::socket* socket) {
  error_code ignored;
  socket->set_option(tcp::no_delay(true), ignored);
  socket->set_option(asio::socket_base::keep_alive(true), ignored);
  // A peer that vanished is noticed within some seconds even where nothing is being sent.
  const int idle_s = 5, interval_s = 2, probes = 3, user_timeout_ms = 10'000;
  const int fd = socket->native_handle();
  setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle_s, sizeof(idle_s));
  setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &interval_s, sizeof(interval_s));
  setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &probes, sizeof(probes));
  setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &user_timeout_ms, sizeof(user_timeout_ms));
}

// The sink of Execute: one answer, with an error as a status.
template <typename Handler>
class OneReply final : public ReplySink {
 public:
  explicit OneReply(Handler handler) : handler_(std::move(handler)) {}

  void OnReply(Reply reply) override { reply_ = std::move(reply); }
  void OnEnd(absl::Status status) override {
    if (!status.ok()) {
      std::move(handler_)(absl::StatusOr<Reply>(std::move(status)));
    } else if (reply_.view().IsError()) {
      std::move(handler_)(absl::StatusOr<Reply>(StatusFromError(reply_.Text())));
    } else {
      std::move(handler_)(absl::StatusOr<Reply>(std::move(reply_)));
    }
  }

 private:
  Handler handler_;
  Reply reply_;
};

// Commands that were sent together.
struct Pending {
  std::unique_ptr<ReplySink> sink;  // null once its deadline has passed
  size_t remaining = 0;             // answers to come
  Deadline deadline = Deadline::Infinite();
  SteadyTime sent_at;
};

}  // namespace

// Owned by the Connection and by the coroutines and callbacks that run for it.
class Connection::Impl : public std::enable_shared_from_this<Connection::Impl> {
 public:
  Impl(asio::any_io_executor executor, ConnectionOptions options, ConnectionMode mode)
      : options_(std::move(options)),
        mode_(mode),
        executor_(executor),
        socket_(executor),
        deadline_timer_(executor),
        backoff_timer_(executor) {}

  void Start() {
    asio::co_spawn(
        executor_, [self = shared_from_this()] { return self->Run(); }, asio::detached);
  }

  void Close() {
    closed_ = true;
    on_change_ = nullptr;
    on_push_ = nullptr;
    backoff_timer_.cancel();
    Drop("closed");
  }

  void Send(const Command& command, Deadline deadline, std::unique_ptr<ReplySink> sink) {
    command.AppendTo(&out_);
    Expect(1, deadline, std::move(sink));
  }

  void Send(std::string_view wire, size_t count, Deadline deadline,
            std::unique_ptr<ReplySink> sink) {
    out_.append(wire);
    Expect(count, deadline, std::move(sink));
  }

  void Expect(size_t count, Deadline deadline, std::unique_ptr<ReplySink> sink) {
    const SteadyTime now = std::chrono::steady_clock::now();
    pending_.push_back({std::move(sink), count, deadline, now});
    outstanding_ += count;
    ArmDeadline(std::min(deadline.time(), StallTime(now)));
    ScheduleFlush();
  }

  [[nodiscard]] bool connected() const { return ready_; }
  [[nodiscard]] const std::string& reason() const { return reason_; }
  [[nodiscard]] const asio::any_io_executor& executor() const { return executor_; }

  uint64_t generation_ = 0;
  int64_t client_id_ = 0;
  size_t outstanding_ = 0;
  std::function<void(bool, const std::string&)> on_change_;
  std::function<void(std::string_view, std::string_view)> on_push_;

 private:
  asio::awaitable<void> Run() {
    int attempt = 0;
    while (!closed_) {
      const absl::Status connected = co_await Connect();
      if (connected.ok() && !closed_) {
        attempt = 0;
        ready_ = true;
        last_received_ = std::chrono::steady_clock::now();
        ++generation_;
        if (on_change_) on_change_(true, "");
        co_await ReadLoop();
      } else {
        Drop(base::MessageOf(connected));
      }
      if (closed_) co_return;
      backoff_timer_.expires_after(
          base::FullJitter(options_.reconnect, attempt++, base::RandomBits()));
      error_code ignored;
      co_await backoff_timer_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    }
  }

  // Connects, says who we are and learns the connection's id, all within connect_timeout.
  asio::awaitable<absl::Status> Connect() {
    const auto target = base::SplitAddress(options_.address);
    if (!target.ok()) co_return target.status();
    asio::steady_timer watchdog(executor_, options_.connect_timeout);
    bool timed_out = false;
    tcp::resolver resolver(executor_);
    socket_ = tcp::socket(executor_);
    watchdog.async_wait([this, &timed_out, &resolver](error_code cancelled) {
      if (cancelled) return;
      timed_out = true;
      resolver.cancel();
      error_code ignored;
      socket_.close(ignored);
    });
    error_code error;
    const auto endpoints =
        co_await resolver.async_resolve(target->host, std::to_string(target->port),
                                        asio::redirect_error(asio::use_awaitable, error));
    if (!error) {
      co_await asio::async_connect(socket_, endpoints,
                                   asio::redirect_error(asio::use_awaitable, error));
    }
    if (!error) {
      SetSocketOptions(&socket_);
      error = co_await Introduce();
    }
    const bool late = timed_out;
    watchdog.cancel();
    // The cancelled wait still holds references to this frame: let it run before they go.
    co_await asio::post(executor_, asio::use_awaitable);
    if (late) co_return Unavailable("no answer from " + options_.address + " in time");
    if (!introduction_error_.empty()) co_return Unavailable(introduction_error_);
    if (error) co_return Unavailable("cannot reach " + options_.address + ": " + error.message());
    co_return absl::OkStatus();
  }

  asio::awaitable<error_code> Introduce() {
    introduction_error_.clear();
    reader_ = impl::MakeReader();
    std::string hello;
    int answers = 1;
    if (!options_.password.empty()) {
      Command("AUTH", options_.password).AppendTo(&hello);
      ++answers;
    }
    if (!options_.name.empty()) {
      Command("CLIENT", "SETNAME", options_.name).AppendTo(&hello);
      ++answers;
    }
    Command("CLIENT", "ID").AppendTo(&hello);
    for (const Command& command : options_.greeting) command.AppendTo(&hello);
    answers += static_cast<int>(options_.greeting.size());
    std::vector<Reply> greeted;
    error_code error;
    co_await asio::async_write(socket_, asio::buffer(hello),
                               asio::redirect_error(asio::use_awaitable, error));
    while (!error && answers > 0) {
      const size_t n = co_await socket_.async_read_some(
          asio::buffer(chunk_), asio::redirect_error(asio::use_awaitable, error));
      redisReaderFeed(reader_.get(), chunk_.data(), n);
      while (answers > 0) {
        std::optional<Reply> reply = NextReply();
        if (!reply) break;
        --answers;
        if (reply->view().IsError() && introduction_error_.empty()) {
          introduction_error_ = std::string(reply->Text());
        }
        if (answers == static_cast<int>(options_.greeting.size())) client_id_ = reply->Integer();
        if (answers < static_cast<int>(options_.greeting.size())) {
          greeted.push_back(std::move(*reply));
        }
      }
      if (protocol_error_) error = asio::error::invalid_argument;
    }
    if (!error && !closed_ && introduction_error_.empty() && options_.on_greeting) {
      options_.on_greeting(greeted);
    }
    co_return error;
  }

  asio::awaitable<void> ReadLoop() {
    const uint64_t generation = generation_;
    while (ready_ && generation == generation_) {
      error_code error;
      const size_t n = co_await socket_.async_read_some(
          asio::buffer(chunk_), asio::redirect_error(asio::use_awaitable, error));
      if (error) {
        if (ready_) Drop("connection to " + options_.address + " lost: " + error.message());
        co_return;
      }
      last_received_ = std::chrono::steady_clock::now();
      for (size_t fed = 0; ready_ && !protocol_error_ && fed < n; fed += kFeedSize) {
        redisReaderFeed(reader_.get(), chunk_.data() + fed, std::min(kFeedSize, n - fed));
        while (ready_) {
          std::optional<Reply> reply = NextReply();
          if (!reply) break;
          Answer(std::move(*reply));
        }
      }
      if (protocol_error_) Drop("broken protocol");
    }
  }

  std::optional<Reply> NextReply() {
    void* reply = nullptr;
    protocol_error_ = redisReaderGetReply(reader_.get(), &reply) != REDIS_OK;
    if (protocol_error_ || reply == nullptr) return std::nullopt;
    return Reply(static_cast<redisReply*>(reply));
  }

  void Answer(Reply reply) {
    if (on_push_ && reply.size() == 3 && reply[0].Text() == "message") {
      return on_push_(reply[1].Text(), reply[2].Text());
    }
    if (pending_.empty()) return Drop("an answer that nobody asked for");
    --outstanding_;
    Pending& first = pending_.front();
    if (first.sink) first.sink->OnReply(std::move(reply));
    if (--first.remaining > 0) return;
    const std::unique_ptr<ReplySink> sink = std::move(first.sink);
    pending_.pop_front();
    if (sink) sink->OnEnd(absl::OkStatus());
  }

  void ScheduleFlush() {
    if (flushing_) return;
    flushing_ = true;
    asio::post(executor_, [self = shared_from_this()] { self->Flush(); });
  }

  void Flush() {
    if (!ready_ || out_.empty()) {
      flushing_ = false;
      return;
    }
    writing_.clear();
    writing_.swap(out_);
    asio::async_write(socket_, asio::buffer(writing_),
                      [self = shared_from_this(), generation = generation_](error_code error,
                                                                            size_t /*written*/) {
                        if (generation == self->generation_ && error && self->ready_) {
                          self->Drop("write failed: " + error.message());
                        }
                        self->Flush();
                      });
  }

  [[nodiscard]] SteadyTime StallTime(SteadyTime sent_at) const {
    if (mode_ == ConnectionMode::kBlocking) return SteadyTime::max();
    return std::max(sent_at, last_received_) + options_.stall_timeout;
  }

  void ArmDeadline(SteadyTime time) {
    if (time >= armed_for_) return;
    armed_for_ = time;
    deadline_timer_.expires_at(time);
    deadline_timer_.async_wait([self = shared_from_this()](error_code cancelled) {
      if (!cancelled) self->OnDeadline();
    });
  }

  void OnDeadline() {
    armed_for_ = SteadyTime::max();
    if (pending_.empty()) return;
    const SteadyTime now = std::chrono::steady_clock::now();
    if (now >= StallTime(pending_.front().sent_at)) {
      return Drop("no answer from " + options_.address + " for too long");
    }
    std::vector<std::unique_ptr<ReplySink>> late;
    SteadyTime next = StallTime(pending_.front().sent_at);
    for (Pending& pending : pending_) {
      if (!pending.sink) continue;
      if (pending.deadline.Expired(now)) {
        late.push_back(std::move(pending.sink));
      } else {
        next = std::min(next, pending.deadline.time());
      }
    }
    ArmDeadline(next);
    if (!late.empty() && mode_ == ConnectionMode::kBlocking) Drop("a blocking command timed out");
    for (auto& sink : late) {
      sink->OnEnd(base::MakeStatus(absl::StatusCode::kDeadlineExceeded,
                                   "redis: no answer within the deadline"));
    }
  }

  // Ends the present connection and fails what was under way on it.
  void Drop(const std::string& reason) {
    const bool was_ready = std::exchange(ready_, false);
    reason_ = reason;
    client_id_ = 0;
    error_code ignored;
    socket_.close(ignored);
    deadline_timer_.cancel();
    armed_for_ = SteadyTime::max();
    out_.clear();
    std::deque<Pending> failed;
    failed.swap(pending_);
    outstanding_ = 0;
    if (was_ready && on_change_) on_change_(false, reason);
    // Not inline: those who wait may own what is being torn down.
    for (Pending& pending : failed) {
      if (!pending.sink) continue;
      asio::post(executor_,
                 [reason, sink = std::move(pending.sink)]() { sink->OnEnd(Unavailable(reason)); });
    }
  }

  const ConnectionOptions options_;
  const ConnectionMode mode_;
  asio::any_io_executor executor_;
  tcp::socket socket_;
  asio::steady_timer deadline_timer_;
  asio::steady_timer backoff_timer_;
  impl::ReaderPtr reader_;
  std::vector<char> chunk_ = std::vector<char>(kReadChunk);
  std::string out_;
  std::string writing_;
  std::deque<Pending> pending_;
  SteadyTime last_received_{};
  SteadyTime armed_for_ = SteadyTime::max();
  std::string reason_ = "not connected yet";
  std::string introduction_error_;
  bool flushing_ = false;
  bool ready_ = false;
  bool closed_ = false;
  bool protocol_error_ = false;
};

Connection::Connection(asio::any_io_executor executor, ConnectionOptions options,
                       ConnectionMode mode)
    : impl_(std::make_shared<Impl>(std::move(executor), std::move(options), mode)) {
  impl_->Start();
}

Connection::~Connection() { impl_->Close(); }

asio::awaitable<absl::StatusOr<Reply>> Connection::Execute(Command command, Deadline deadline) {
  if (deadline.Expired()) {
    co_return base::MakeStatus(absl::StatusCode::kDeadlineExceeded,
                               "the deadline had passed before redis was asked");
  }
  if (!impl_->connected()) co_return Unavailable(impl_->reason());
  co_return co_await asio::async_initiate<const asio::use_awaitable_t<>&,
                                          void(absl::StatusOr<Reply>)>(
      [this](auto handler, const Command& sent, Deadline until) {
        using Sink = OneReply<decltype(handler)>;
        impl_->Send(sent, until, std::make_unique<Sink>(std::move(handler)));
      },
      asio::use_awaitable, std::move(command), deadline);
}

absl::Status Connection::Send(std::string_view wire, size_t count, Deadline deadline,
                              std::unique_ptr<ReplySink> sink) {
  if (!impl_->connected()) return Unavailable(impl_->reason());
  impl_->Send(wire, count, deadline, std::move(sink));
  return absl::OkStatus();
}

void Connection::set_on_change(
    std::function<void(bool connected, const std::string& reason)> on_change) {
  impl_->on_change_ = std::move(on_change);
}

void Connection::set_on_push(
    std::function<void(std::string_view channel, std::string_view message)> on_push) {
  impl_->on_push_ = std::move(on_push);
}

size_t Connection::outstanding() const { return impl_->outstanding_; }
const std::string& Connection::reason() const { return impl_->reason(); }
bool Connection::connected() const { return impl_->connected(); }
uint64_t Connection::generation() const { return impl_->generation_; }
int64_t Connection::client_id() const { return impl_->client_id_; }

}  // namespace trellis::redis
