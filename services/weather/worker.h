#ifndef SERVICES_WEATHER_WORKER_H_
#define SERVICES_WEATHER_WORKER_H_

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <list>
#include <string>
#include <vector>

#include "mesh/base/clock.h"
#include "services/weather/request_handler.h"
#include "services/weather/service_time.h"
#include "services/weather/work_stream.h"
#include "services/weather/worker_metrics.h"

namespace trellis::weather {

struct WorkerOptions {
  // Requests in hand at a time.
  int concurrency = 256;
  // A request that is delivered more often is answered with INTERNAL: so many workers have died or
  // stopped over it.
  int max_deliveries = 3;
  // Take every request as if it had no deadline: for comparison only.
  bool ignore_deadlines = false;
  // How often requests in hand are renewed, and those of others looked for. Well below the time
  // after which a silent worker's requests are claimed.
  milliseconds renew{150};
  milliseconds claim{250};
  milliseconds upkeep{5000};
};

// Takes requests, runs a coroutine for each, answers in batches. A request whose deadline has
// passed is not started, nor is one with less time left than the fastest of late has needed, nor
// one over which workers died again and again. An
// answer that cannot be sent is sent again until the request's deadline. At least once: a request
// runs again elsewhere when this worker dies or stops over it, and then its answer is refused.
// Belongs to the executor's reactor, on whose thread alone it is used; what it refers to must
// outlive it.
class Worker {
 public:
  Worker(boost::asio::any_io_executor executor, WorkStream& stream, RequestHandler& handler,
         const base::Clock& clock, WorkerMetrics& metrics, WorkerOptions options);

  // Starts working, in coroutines of its own that run until Stop.
  void Start();

  // Takes no more requests, waits until those in hand are answered or the deadline comes, gives the
  // rest back. False when handlers are still running.
  [[nodiscard]] boost::asio::awaitable<bool> Stop(base::Deadline deadline);

 private:
  struct InHand {
    Work work;
    base::SteadyTime renewed;
  };
  // A request stays in one node for as long as it is in hand, so its handler may keep a reference.
  using Works = std::list<InHand>;
  struct Pending {
    Works::iterator work;
    Answer answer;
    base::Deadline deadline;
  };

  boost::asio::awaitable<void> TakeLoop();
  boost::asio::awaitable<bool> TakeOnce();
  Async<std::vector<Work>> Claim(int want);
  // Of what was claimed, removes what this worker has in hand itself, and notes its new token.
  void TakeTokensOfOwn(std::vector<Work>* claimed, base::SteadyTime now);
  boost::asio::awaitable<void> RenewLoop();
  // What was renewed that long ago or longer. It asks before it waits, so that what Stop gives back
  // is not renewed after that.
  boost::asio::awaitable<void> Renew(milliseconds age);
  boost::asio::awaitable<void> UpkeepLoop();
  boost::asio::awaitable<void> Run(Works::iterator work);
  Async<std::string> Handle(const Work& work, milliseconds left);
  void Finish(Works::iterator work, Answer answer, base::Deadline deadline);
  boost::asio::awaitable<void> FlushAnswers();
  boost::asio::awaitable<void> SendBatch(std::vector<Pending> batch, int attempt);
  void SendHalves(std::vector<Pending> batch, int attempt);
  void Count(AnswerResult result, const Answer& answer, bool repeated);
  void Forget(Works::iterator work);
  boost::asio::awaitable<void> AwaitChange(milliseconds duration);

  const boost::asio::any_io_executor executor_;
  WorkStream& stream_;
  RequestHandler& handler_;
  const base::Clock& clock_;
  WorkerMetrics& metrics_;
  const WorkerOptions options_;
  ServiceTime service_time_;
  Works in_hand_;
  std::vector<Pending> done_;  // to be sent
  base::SteadyTime next_claim_{};
  bool more_to_claim_ = false;
  int loops_ = 0;
  bool flushing_ = false;
  bool stopping_ = false;
  bool gave_up_ = false;
  boost::asio::steady_timer change_;
};

}  // namespace trellis::weather

#endif  // SERVICES_WEATHER_WORKER_H_
