#ifndef SERVICES_WEATHER_REDIS_WORK_STREAM_H_
#define SERVICES_WEATHER_REDIS_WORK_STREAM_H_

#include <string>

#include "mesh/redis/connection.h"
#include "mesh/redis/script.h"
#include "services/weather/stream_clock.h"
#include "services/weather/work_stream.h"

namespace trellis::weather {

struct WorkStreamOptions {
  std::string request_stream = "weather-requests";
  std::string group = "weather-workers";
  std::string consumer = {};  // unique among all workers
  // How long a silent worker keeps its requests.
  milliseconds claim_idle{500};
  // How long a worker on which nothing is pending has to be silent to be forgotten.
  milliseconds consumer_ttl{60'000};
};

// WorkStream as a consumer group of one Redis stream; the group is made when it is missing. What a
// worker was given and did not hear of, since it died or its connection broke, stays pending until
// somebody claims it. `blocking` is for Read alone; both connections must outlive it.
class RedisWorkStream final : public WorkStream {
 public:
  RedisWorkStream(redis::Connection& commands, redis::Connection& blocking,
                  const base::Clock& clock, WorkStreamOptions options)
      : commands_(commands), blocking_(blocking), clock_(clock), options_(std::move(options)) {}

  [[nodiscard]] Async<std::vector<Work>> Read(int want, milliseconds patience) override;
  [[nodiscard]] Async<Claimed> Claim(int want, base::Deadline deadline) override;
  [[nodiscard]] Async<std::vector<AnswerResult>> Send(const std::vector<Answer>& answers,
                                                      base::Deadline deadline) override;
  [[nodiscard]] Async<int> Renew(const std::vector<WorkRef>& refs,
                                 base::Deadline deadline) override;
  [[nodiscard]] Async<int> Release(const std::vector<WorkRef>& refs,
                                   base::Deadline deadline) override;
  [[nodiscard]] boost::asio::awaitable<absl::Status> SyncClock(base::Deadline deadline) override;
  [[nodiscard]] milliseconds TimeLeft(const Work& work) const override;
  [[nodiscard]] Async<Kept> Upkeep(base::Deadline deadline) override;
  [[nodiscard]] boost::asio::awaitable<absl::Status> Leave(base::Deadline deadline) override;

 private:
  [[nodiscard]] redis::Command Call(const redis::Script& script) const;
  Async<int> OnRefs(const redis::Script& script, const std::vector<WorkRef>& refs,
                    base::Deadline deadline);
  Async<int> Sweep(std::string leaving, base::Deadline deadline);
  boost::asio::awaitable<absl::Status> MakeGroup(base::Deadline deadline);
  // OK once this connection's Redis has been asked for its time. No request is handed out before.
  boost::asio::awaitable<absl::Status> KnowClock();

  redis::Connection& commands_;
  redis::Connection& blocking_;
  const base::Clock& clock_;
  const WorkStreamOptions options_;
  StreamClock stream_clock_;
  uint64_t generation_ = 0;  // of the connection whose Redis the clock is
  std::string claim_from_ = "0-0";
};

}  // namespace trellis::weather

#endif  // SERVICES_WEATHER_REDIS_WORK_STREAM_H_
