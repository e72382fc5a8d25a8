#ifndef SERVICES_WEATHER_CORRELATION_TABLE_H_
#define SERVICES_WEATHER_CORRELATION_TABLE_H_

#include <boost/asio/steady_timer.hpp>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "services/weather/request_channel.h"

namespace trellis::weather {

// A call that waits for its reply. Its timer runs to the call's deadline and is cancelled when the
// outcome is there, so a call is woken once, whatever comes first.
struct WaitingCall {
  WaitingCall(const boost::asio::any_io_executor& executor, std::string call_id,
              base::Deadline until)
      : id(std::move(call_id)), deadline(until), timer(executor, until.time()) {}
  const std::string id;
  const base::Deadline deadline;
  boost::asio::steady_timer timer;
  std::optional<absl::StatusOr<Reply>> outcome = std::nullopt;
  bool abandoned = false;
  std::string entry = {};  // in the stream, once it was written

  // There is nobody left to whom an answer would matter.
  [[nodiscard]] bool over() const { return abandoned || outcome.has_value(); }
};
using WaitingCallPtr = std::shared_ptr<WaitingCall>;

// Which call a reply belongs to. Each call gets one outcome; what comes later is told apart by what
// became of the call. Not thread-safe: one for each reactor.
class CorrelationTable {
 public:
  enum class Kind {
    kAccepted,
    kLate,     // the call ended without a reply
    kDouble,   // the call has had one
    kForeign,  // no call of ours, or one of long ago
  };

  void Add(const WaitingCallPtr& call);
  // Ends the call of that id, if there is one.
  Kind Deliver(std::string_view id, absl::StatusOr<Reply> outcome);
  // Ends this call with an error, unless it has ended.
  void Fail(WaitingCall& call, absl::Status status);
  // The call has ended without an outcome: its time is up or its caller went away.
  void Abandon(WaitingCall& call);

  [[nodiscard]] size_t size() const { return waiting_.size(); }
  [[nodiscard]] std::vector<WaitingCallPtr> All() const;

 private:
  struct TextHash {
    using is_transparent = void;
    size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
  };
  template <typename Value>
  using ById = std::unordered_map<std::string, Value, TextHash, std::equal_to<>>;

  void Remember(const std::string& id, bool replied);

  ById<WaitingCallPtr> waiting_;
  // The calls that ended last, and whether with a reply.
  ById<bool> ended_;
  std::deque<std::string> ended_order_;
};

}  // namespace trellis::weather

#endif  // SERVICES_WEATHER_CORRELATION_TABLE_H_
