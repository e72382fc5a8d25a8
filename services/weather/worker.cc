#include "services/weather/worker.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <string_view>
#include <unordered_map>

#include "mesh/base/backoff.h"
#include "mesh/base/ids.h"
#include "mesh/base/sleep.h"
#include "mesh/telemetry/log.h"

namespace trellis::weather {

namespace asio = boost::asio;
using base::Deadline;
using telemetry::Level;

namespace {

constexpr size_t kBatch = 96;
constexpr int kReadAtATime = 1000;
constexpr milliseconds kCallTimeout{1500};
// How late a change of `stopping_` may be noticed.
constexpr milliseconds kAwait{250};
constexpr base::BackoffPolicy kErrorPause{milliseconds(20), milliseconds(250)};
// For telling Redis that a request is discarded; whoever claims it next would do the same.
constexpr milliseconds kDiscardPatience{500};
// For WorkerOptions::ignore_deadlines.
constexpr milliseconds kForEver = std::chrono::hours(1);

Deadline CallDeadline() { return Deadline::After(kCallTimeout); }

}  // namespace

Worker::Worker(asio::any_io_executor executor, WorkStream& stream, RequestHandler& handler,
               const base::Clock& clock, WorkerMetrics& metrics, WorkerOptions options)
    : executor_(std::move(executor)),
      stream_(stream),
      handler_(handler),
      clock_(clock),
      metrics_(metrics),
      options_(options),
      change_(executor_) {}

void Worker::Start() {
  loops_ = 3;
  asio::co_spawn(executor_, TakeLoop(), asio::detached);
  asio::co_spawn(executor_, RenewLoop(), asio::detached);
  asio::co_spawn(executor_, UpkeepLoop(), asio::detached);
}

asio::awaitable<void> Worker::AwaitChange(milliseconds duration) {
  change_.expires_after(duration);
  boost::system::error_code ignored;
  co_await change_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
}

asio::awaitable<void> Worker::TakeLoop() {
  int errors = 0;
  while (!stopping_) {
    const bool taken = co_await TakeOnce();
    if (taken) {
      errors = 0;
    } else {
      co_await base::Sleep(base::FullJitter(kErrorPause, errors++, base::RandomBits()));
    }
  }
  --loops_;
}

Async<std::vector<Work>> Worker::Claim(int want) {
  next_claim_ = clock_.Now() + options_.claim;
  absl::StatusOr<WorkStream::Claimed> claimed = co_await stream_.Claim(want, CallDeadline());
  if (!claimed.ok()) co_return claimed.status();
  more_to_claim_ = claimed->more;
  co_return std::move(claimed->works);
}

asio::awaitable<bool> Worker::TakeOnce() {
  const int free = options_.concurrency - static_cast<int>(in_hand_.size());
  if (free <= 0) {
    co_await AwaitChange(kAwait);
    co_return true;
  }
  const int want = std::min(free, kReadAtATime);
  const base::SteadyTime now = clock_.Now();
  // What a dead worker left is older than what is unread, so it goes first, also when there are
  // fewer free hands than it takes.
  const bool claims = more_to_claim_ || now >= next_claim_;
  absl::StatusOr<std::vector<Work>> works = absl::UnknownError("");
  if (claims) {
    // After a pause, what is in hand is as old as what a dead worker left.
    co_await Renew(2 * options_.renew);
    works = co_await Claim(want);
  } else {
    const auto until_claim = std::chrono::ceil<milliseconds>(next_claim_ - now);
    works = co_await stream_.Read(want, std::min(until_claim, kAwait));
  }
  if (!works.ok()) co_return false;
  const base::SteadyTime arrived = clock_.Now();
  if (claims) TakeTokensOfOwn(&*works, arrived);
  (claims ? metrics_.claimed : metrics_.read).Increment(static_cast<double>(works->size()));
  for (Work& work : *works) {
    in_hand_.push_back({std::move(work), arrived});
    asio::co_spawn(executor_, Run(std::prev(in_hand_.end())), asio::detached);
  }
  metrics_.in_hand.Set(static_cast<double>(in_hand_.size()));
  // What is done already is answered before more is asked for.
  for (int turns = 0; turns < 2; ++turns) co_await asio::post(executor_, asio::use_awaitable);
  co_return true;
}

void Worker::TakeTokensOfOwn(std::vector<Work>* claimed, base::SteadyTime now) {
  if (claimed->empty()) return;
  std::unordered_map<std::string_view, InHand*> own;
  for (InHand& held : in_hand_) own.emplace(held.work.ref.entry, &held);
  std::erase_if(*claimed, [&](const Work& work) {
    const auto held = own.find(work.ref.entry);
    if (held == own.end()) return false;
    held->second->work.ref.deliveries = work.ref.deliveries;
    held->second->renewed = now;
    return true;
  });
}

asio::awaitable<void> Worker::Run(Works::iterator work) {
  const Work& request = work->work;
  const milliseconds left = options_.ignore_deadlines ? kForEver : stream_.TimeLeft(request);
  const base::SteadyTime start = clock_.Now();
  const milliseconds fastest = service_time_.Fastest(start);
  if (left.count() <= 0 || left < fastest) {
    (left.count() <= 0 ? metrics_.expired : metrics_.hopeless).Increment();
    Finish(work, {request.ref, request.id, "", ""}, Deadline::After(kDiscardPatience));
    co_return;
  }
  const Deadline deadline = Deadline::After(left, start);
  if (request.ref.deliveries > options_.max_deliveries) {
    metrics_.poison.Increment();
    telemetry::Log(Level::kError, "workers died over a request", {{"id", request.id}});
    Finish(work,
           {request.ref, request.id, request.reply_stream,
            absl::InternalError("workers died or stopped over this request")},
           deadline);
    co_return;
  }
  if (telemetry::LogEnabled(Level::kDebug)) {
    telemetry::Log(Level::kDebug, "request started",
                   {{"id", request.id},
                    {"deadline_ms", request.deadline_ms},
                    {"deliveries", request.ref.deliveries},
                    {"traceparent", request.traceparent},
                    {"request_id", request.request_id}});
  }
  absl::StatusOr<std::string> body = co_await Handle(request, left);
  if (gave_up_) co_return;  // given back already
  const base::SteadyTime end = clock_.Now();
  if (body.ok()) {
    service_time_.Observe(end, std::chrono::duration_cast<milliseconds>(end - start));
  }
  metrics_.work.Observe(std::chrono::duration<double>(end - start).count());
  Finish(work, {request.ref, request.id, request.reply_stream, std::move(body)}, deadline);
}

Async<std::string> Worker::Handle(const Work& work, milliseconds left) {
  try {
    co_return co_await handler_.Handle(work, Deadline::After(left));
  } catch (const std::exception& error) {
    co_return base::MakeStatus(absl::StatusCode::kInternal,
                               std::string("the handler threw: ") + error.what());
  }
}

void Worker::Finish(Works::iterator work, Answer answer, Deadline deadline) {
  done_.push_back({work, std::move(answer), deadline});
  if (flushing_) return;
  flushing_ = true;
  asio::co_spawn(executor_, FlushAnswers(), asio::detached);
}

asio::awaitable<void> Worker::FlushAnswers() {
  // What else is done in this turn goes along.
  co_await asio::post(executor_, asio::use_awaitable);
  while (!done_.empty() && !gave_up_) {
    const size_t count = std::min(done_.size(), kBatch);
    const auto end = done_.begin() + static_cast<ptrdiff_t>(count);
    std::vector<Pending> batch(std::make_move_iterator(done_.begin()),
                               std::make_move_iterator(end));
    done_.erase(done_.begin(), end);
    co_await SendBatch(std::move(batch), 0);
  }
  flushing_ = false;
}

asio::awaitable<void> Worker::SendBatch(std::vector<Pending> batch, int attempt) {
  for (; !batch.empty() && !gave_up_; ++attempt) {
    std::vector<Answer> answers;
    answers.reserve(batch.size());
    for (Pending& pending : batch) {
      pending.answer.ref = pending.work->work.ref;
      answers.push_back(pending.answer);
    }
    const auto results = co_await stream_.Send(answers, CallDeadline());
    if (gave_up_) co_return;
    if (results.ok()) {
      std::vector<Pending> overtaken;
      for (size_t i = 0; i < batch.size(); ++i) {
        const bool older = batch[i].answer.ref.deliveries < batch[i].work->work.ref.deliveries;
        if ((*results)[i] == AnswerResult::kRefused && older) {
          // By this worker's own claim, which went before: it is its own still.
          overtaken.push_back(std::move(batch[i]));
          continue;
        }
        Count((*results)[i], batch[i].answer, attempt > 0);
        Forget(batch[i].work);
      }
      batch = std::move(overtaken);
      continue;
    }
    if (results.status().code() == absl::StatusCode::kInternal && batch.size() > 1) {
      SendHalves(std::move(batch), attempt + 1);
      co_return;
    }
    co_await base::Sleep(base::FullJitter(kErrorPause, attempt, base::RandomBits()));
    if (gave_up_) co_return;
    // Nobody waits for those any more; they stay pending until somebody discards them.
    std::erase_if(batch, [this](const Pending& pending) {
      if (!pending.deadline.Expired()) return false;
      metrics_.unsent.Increment();
      Forget(pending.work);
      return true;
    });
  }
  metrics_.in_hand.Set(static_cast<double>(in_hand_.size()));
}

// Redis is there and refuses: one of them may be at fault, and must not keep the others, nor those
// that come after them, until its deadline.
void Worker::SendHalves(std::vector<Pending> batch, int attempt) {
  const auto middle = batch.begin() + static_cast<ptrdiff_t>(batch.size() / 2);
  std::vector<Pending> rest(std::make_move_iterator(middle), std::make_move_iterator(batch.end()));
  batch.erase(middle, batch.end());
  asio::co_spawn(executor_, SendBatch(std::move(batch), attempt), asio::detached);
  asio::co_spawn(executor_, SendBatch(std::move(rest), attempt), asio::detached);
}

void Worker::Count(AnswerResult result, const Answer& answer, bool repeated) {
  switch (result) {
    case AnswerResult::kDone:
      if (!answer.reply_stream.empty()) metrics_.answered.Increment();
      break;
    case AnswerResult::kNobodyWaits:
      metrics_.nobody_waits.Increment();
      break;
    case AnswerResult::kRefused:
      (repeated ? metrics_.repeated : metrics_.stale).Increment();
      telemetry::Log(Level::kInfo, "answer refused", {{"id", answer.id}, {"repeated", repeated}});
      break;
  }
}

void Worker::Forget(Works::iterator work) {
  in_hand_.erase(work);
  change_.cancel();
}

asio::awaitable<void> Worker::RenewLoop() {
  while (!gave_up_ && !(stopping_ && in_hand_.empty())) {
    co_await Renew(options_.renew / 2);
    (void)co_await stream_.SyncClock(CallDeadline());
    co_await base::Sleep(options_.renew);
  }
  --loops_;
}

asio::awaitable<void> Worker::Renew(milliseconds age) {
  const base::SteadyTime now = clock_.Now();
  std::vector<WorkRef> refs;
  for (InHand& held : in_hand_) {
    if (now - held.renewed < age) continue;
    held.renewed = now;
    refs.push_back(held.work.ref);
  }
  if (refs.empty()) co_return;
  const absl::StatusOr<int> lost = co_await stream_.Renew(refs, CallDeadline());
  if (lost.ok()) metrics_.claims_lost.Increment(*lost);
}

asio::awaitable<void> Worker::UpkeepLoop() {
  base::SteadyTime next{};
  while (!stopping_) {
    if (clock_.Now() >= next) {
      // At a random time, so that workers that started together take turns.
      next = clock_.Now() + options_.upkeep / 2 +
             base::FullJitter({options_.upkeep, options_.upkeep}, 0, base::RandomBits());
      const absl::StatusOr<WorkStream::Kept> kept = co_await stream_.Upkeep(CallDeadline());
      if (kept.ok()) {
        metrics_.trimmed.Increment(kept->trimmed);
        metrics_.forgotten.Increment(kept->consumers);
      }
    }
    co_await base::Sleep(std::min(kAwait, options_.upkeep));
  }
  --loops_;
}

asio::awaitable<bool> Worker::Stop(Deadline deadline) {
  stopping_ = true;
  change_.cancel();
  // The last second, or half of a shorter time, is for giving back.
  const milliseconds time = deadline.Remaining();
  const Deadline finish = Deadline::After(time - std::min(time / 2, milliseconds(1000)));
  while ((!in_hand_.empty() || loops_ > 0) && !finish.Expired()) {
    co_await AwaitChange(std::min(milliseconds(20), finish.Remaining()));
  }
  gave_up_ = true;
  std::vector<WorkRef> rest;
  for (const InHand& held : in_hand_) rest.push_back(held.work.ref);
  if (!rest.empty()) {
    (void)co_await stream_.Release(rest, deadline);
    metrics_.released.Increment(static_cast<double>(rest.size()));
    telemetry::Log(Level::kWarn, "gave back requests that were not done in time",
                   {{"count", rest.size()}});
  }
  while (loops_ > 0 && !deadline.Expired()) co_await base::Sleep(milliseconds(10));
  (void)co_await stream_.Leave(deadline);
  co_return in_hand_.empty() && loops_ == 0;
}

}  // namespace trellis::weather
