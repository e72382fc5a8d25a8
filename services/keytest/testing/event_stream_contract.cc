#include "services/keytest/testing/event_stream_contract.h"

#include <algorithm>
#include <set>

#include "mesh/base/testing/run.h"
#include "mesh/base/testing/subprocess.h"

namespace trellis::keytest::testing {

using base::Deadline;
using base::milliseconds;
using base::testing::RunCoroutine;
using base::testing::WaitUntil;

namespace {

std::multiset<int64_t> Numbers(const std::vector<Delivery>& deliveries) {
  std::multiset<int64_t> numbers;
  for (const Delivery& delivery : deliveries) numbers.insert(delivery.event.n);
  return numbers;
}

bool AllOk(const std::vector<absl::Status>& statuses, size_t count) {
  return statuses.size() == count &&
         std::all_of(statuses.begin(), statuses.end(), [](const auto& s) { return s.ok(); });
}

}  // namespace

std::unique_ptr<EventStream> EventStreamContract::OpenConnected() {
  std::unique_ptr<EventStream> stream = backend_.Open();
  stream->Start();
  EXPECT_TRUE(WaitUntil([&] { return stream->state().fine; }, milliseconds(30'000)))
      << stream->state().detail;
  return stream;
}

std::vector<Event> EventStreamContract::Events(int count, int64_t first) {
  std::vector<Event> events;
  for (int i = 0; i < count; ++i) events.push_back({"run-1", first + i, 1'700'000'000'000 + i});
  return events;
}

std::vector<absl::Status> EventStreamContract::Publish(EventStream& stream,
                                                       std::vector<Event> events,
                                                       milliseconds patience) {
  return RunCoroutine(context_, stream.Publish(std::move(events), Deadline::After(patience)));
}

std::vector<Delivery> EventStreamContract::Take(EventStream& stream, size_t count,
                                                milliseconds patience) {
  std::vector<Delivery> taken;
  const Deadline end = Deadline::After(patience);
  while (taken.size() < count && !end.Expired()) {
    auto more =
        RunCoroutine(context_, stream.Next(static_cast<int>(count - taken.size()),
                                           Deadline::Min(end, Deadline::After(milliseconds(500)))));
    if (more.ok()) taken.insert(taken.end(), more->begin(), more->end());
  }
  return taken;
}

absl::StatusCode EventStreamContract::NextCode(EventStream& stream, milliseconds patience) {
  return RunCoroutine(context_, stream.Next(100, Deadline::After(patience))).status().code();
}

void EventStreamContract::Flush(EventStream& stream) {
  stream.Flush(Deadline::After(milliseconds(5000)));
}

TEST_P(EventStreamContract, WhatIsPublishedIsDeliveredAsItWas) {
  const auto stream = OpenConnected();
  const std::vector<Event> events = Events(3);
  EXPECT_TRUE(AllOk(Publish(*stream, events), 3));
  std::vector<Delivery> taken = Take(*stream, 3);
  ASSERT_EQ(taken.size(), 3u);
  std::sort(taken.begin(), taken.end(),
            [](const Delivery& a, const Delivery& b) { return a.event.n < b.event.n; });
  for (size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(taken[i].event, events[i]);
    EXPECT_EQ(taken[i].attempt, 1);
  }
  stream->Ack(taken);
  EXPECT_EQ(NextCode(*stream), absl::StatusCode::kDeadlineExceeded);
}

TEST_P(EventStreamContract, NextGivesAtMostWhatIsAskedFor) {
  const auto stream = OpenConnected();
  EXPECT_TRUE(AllOk(Publish(*stream, Events(10)), 10));
  const auto some = RunCoroutine(context_, stream->Next(4, Deadline::After(milliseconds(20'000))));
  ASSERT_TRUE(some.ok());
  EXPECT_LE(some->size(), 4u);
  EXPECT_EQ(some->size() + Take(*stream, 10 - some->size()).size(), 10u);
}

TEST_P(EventStreamContract, AThousandInOneCallAreAllConfirmedAndDeliveredOnce) {
  const auto stream = OpenConnected();
  EXPECT_TRUE(AllOk(Publish(*stream, Events(1000)), 1000));
  std::multiset<int64_t> numbers;
  while (numbers.size() < 1000) {
    const std::vector<Delivery> taken = Take(*stream, 100);
    ASSERT_FALSE(taken.empty()) << numbers.size() << " came";
    numbers.merge(Numbers(taken));
    stream->Ack(taken);
  }
  EXPECT_EQ(std::set<int64_t>(numbers.begin(), numbers.end()).size(), 1000u);
}

TEST_P(EventStreamContract, ProcessesShareTheEvents) {
  const auto one = OpenConnected(), other = OpenConnected();
  std::set<int64_t> by_one, by_other;
  for (int64_t first = 1; by_one.empty() || by_other.empty(); first += 100) {
    ASSERT_LT(first, 5000) << "one of two gets everything";
    EXPECT_TRUE(AllOk(Publish(*one, Events(100, first)), 100));
    size_t came = 0;
    while (came < 100) {
      for (EventStream* const stream : {one.get(), other.get()}) {
        const auto taken = Take(*stream, 10, milliseconds(100));
        came += taken.size();
        for (const int64_t n : Numbers(taken)) {
          EXPECT_TRUE((stream == one.get() ? by_one : by_other).insert(n).second);
          EXPECT_FALSE((stream == one.get() ? by_other : by_one).contains(n)) << n;
        }
        stream->Ack(taken);
      }
    }
  }
}

TEST_P(EventStreamContract, ARetriedEventComesAgainAsTheNextAttempt) {
  const auto stream = OpenConnected();
  EXPECT_TRUE(AllOk(Publish(*stream, Events(1)), 1));
  for (int attempt = 1; attempt <= kMaxAttempts; ++attempt) {
    const auto taken = Take(*stream, 1);
    ASSERT_EQ(taken.size(), 1u);
    EXPECT_EQ(taken[0].attempt, attempt);
    EXPECT_EQ(taken[0].event, Events(1)[0]);
    if (attempt < kMaxAttempts) stream->Retry(taken[0]);
  }
}

TEST_P(EventStreamContract, ExhaustedDeliveriesReachTheDeadLetterQueue) {
  const auto stream = OpenConnected();
  EXPECT_TRUE(AllOk(Publish(*stream, Events(1)), 1));
  for (int attempt = 1; attempt <= kMaxAttempts; ++attempt) {
    const auto taken = Take(*stream, 1);
    ASSERT_EQ(taken.size(), 1u) << attempt;
    EXPECT_EQ(backend_.Dead(), 0);
    stream->Retry(taken[0]);
  }
  EXPECT_TRUE(WaitUntil([&] { return backend_.Dead() == 1; }));
  EXPECT_EQ(NextCode(*stream), absl::StatusCode::kDeadlineExceeded);
}

TEST_P(EventStreamContract, WhatIsGivenUpIsOnTheDeadLetterQueueAndIsNotDelivered) {
  const auto stream = OpenConnected();
  EXPECT_TRUE(AllOk(
      RunCoroutine(context_, stream->PublishDead(Events(2), Deadline::After(milliseconds(20'000)))),
      2));
  EXPECT_TRUE(WaitUntil([&] { return backend_.Dead() == 2; }));
  EXPECT_EQ(NextCode(*stream), absl::StatusCode::kDeadlineExceeded);
}

TEST_P(EventStreamContract, WhatIsNoEventGoesToTheDeadLetterQueue) {
  const auto stream = OpenConnected();
  backend_.PublishRaw("what is this");
  EXPECT_TRUE(AllOk(Publish(*stream, Events(1)), 1));
  const auto taken = Take(*stream, 1);
  ASSERT_EQ(taken.size(), 1u);
  EXPECT_EQ(taken[0].event.n, 1);
  stream->Ack(taken);
  EXPECT_EQ(NextCode(*stream), absl::StatusCode::kDeadlineExceeded);
  EXPECT_TRUE(WaitUntil([&] { return backend_.Dead() == 1; }));
}

TEST_P(EventStreamContract, WhatAProcessThatIsGoneHadInHandComesAgain) {
  auto gone = OpenConnected();
  EXPECT_TRUE(AllOk(Publish(*gone, Events(20)), 20));
  const auto held = Take(*gone, 20);
  ASSERT_EQ(held.size(), 20u);
  gone->Ack(std::vector<Delivery>(held.begin(), held.begin() + 5));
  Flush(*gone);
  gone.reset();
  const auto stream = OpenConnected();
  const auto taken = Take(*stream, 15);
  EXPECT_EQ(Numbers(taken), Numbers(std::vector<Delivery>(held.begin() + 5, held.end())));
  for (const Delivery& delivery : taken) EXPECT_EQ(delivery.attempt, 2);
  stream->Ack(taken);
  EXPECT_EQ(NextCode(*stream), absl::StatusCode::kDeadlineExceeded);
}

TEST_P(EventStreamContract, ADeliveryStaysWithItsHolderForLong) {
  const auto stream = OpenConnected();
  EXPECT_TRUE(AllOk(Publish(*stream, Events(1)), 1));
  const auto held = Take(*stream, 1);
  ASSERT_EQ(held.size(), 1u);
  EXPECT_EQ(NextCode(*stream, milliseconds(12'000)), absl::StatusCode::kDeadlineExceeded);
  stream->Ack(held);
  Flush(*stream);
  EXPECT_EQ(NextCode(*stream, milliseconds(7000)), absl::StatusCode::kDeadlineExceeded);
}

TEST_P(EventStreamContract, StoppedConsumingGivesOutWhatIsHereAndThenNothing) {
  const auto stream = OpenConnected();
  stream->StopConsuming();
  EXPECT_TRUE(WaitUntil([&] { return NextCode(*stream) == absl::StatusCode::kCancelled; }));
  // Others get what comes from now on; this one still publishes.
  EXPECT_TRUE(AllOk(Publish(*stream, Events(3)), 3));
  const auto other = OpenConnected();
  const auto taken = Take(*other, 3);
  EXPECT_EQ(taken.size(), 3u);
  other->Ack(taken);
}

TEST_P(EventStreamContract, WhatWasConfirmedSurvivesAKilledBroker) {
  if (!backend_.can_restart()) GTEST_SKIP() << "there is no process to kill";
  const auto stream = OpenConnected();
  EXPECT_TRUE(AllOk(Publish(*stream, Events(100)), 100));
  backend_.Kill();
  ASSERT_TRUE(WaitUntil([&] { return !stream->state().connected; }, milliseconds(20'000)));
  for (const absl::Status& status : Publish(*stream, Events(1, 500), milliseconds(200))) {
    EXPECT_FALSE(status.ok());
  }
  backend_.Start();
  ASSERT_TRUE(WaitUntil([&] { return stream->state().fine; }, milliseconds(30'000)));
  std::set<int64_t> numbers;
  const bool all = WaitUntil(
      [&] {
        const auto taken = Take(*stream, 100, milliseconds(500));
        for (const int64_t n : Numbers(taken)) numbers.insert(n);
        stream->Ack(taken);
        numbers.erase(500);  // it may or may not be there
        return numbers.size() == 100;
      },
      milliseconds(30'000));
  EXPECT_TRUE(all) << numbers.size();
}

}  // namespace trellis::keytest::testing
