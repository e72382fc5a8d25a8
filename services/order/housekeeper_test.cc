#include "services/order/housekeeper.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <boost/asio/io_context.hpp>

#include "mesh/base/testing/run.h"
#include "mesh/base/testing/subprocess.h"
#include "services/order/testing/fake_order_repair.h"
#include "services/order/testing/fake_order_store.h"
#include "services/order/testing/fake_stock.h"

namespace trellis::order {
namespace {

using base::milliseconds;
using ::testing::Contains;

class HousekeeperTest : public ::testing::Test {
 protected:
  void Start() {
    housekeeper_ = std::make_unique<Housekeeper>(
        context_.get_executor(), intents_, cancelling_, keys_, metrics_,
        HousekeepingOptions{.cancel_poll = milliseconds(5), .purge_period = milliseconds(5)});
    housekeeper_->Start();
  }
  bool RunUntil(const std::function<bool()>& condition) {
    return base::testing::WaitUntil([&] {
      context_.restart();
      context_.poll();
      return condition();
    });
  }
  ptrdiff_t CallsOf(const std::string& call) const {
    return std::count(calls_.made.begin(), calls_.made.end(), call);
  }
  bool Stop() {
    return base::testing::RunCoroutine(
        context_, housekeeper_->Stop(base::Deadline::After(milliseconds(5000))));
  }
  void AddUnfinished(const std::string& id) {
    store_.Add(id);
    intents_.unfinished.push_back(store_.orders[id]);
  }

  boost::asio::io_context context_{1};
  telemetry::Metrics metrics_;
  testing::Calls calls_;
  testing::FakeCancelIntents intents_{calls_};
  testing::FakeOrderTraces traces_{calls_};
  testing::FakeStock stock_{calls_};
  testing::FakeOrderStore store_{calls_};
  testing::FakeIdempotencyKeys keys_{calls_};
  Cancelling cancelling_{intents_, traces_, stock_, store_};
  std::unique_ptr<Housekeeper> housekeeper_;
};

TEST_F(HousekeeperTest, CompletesCancellationsThatWereLeft) {
  AddUnfinished("o1");
  AddUnfinished("o2");
  Start();
  EXPECT_TRUE(RunUntil([this] { return CallsOf("SetCancelled o2") == 1; }));
  EXPECT_THAT(calls_.made, Contains("SetCancelled o1"));
  EXPECT_TRUE(Stop());
}

TEST_F(HousekeeperTest, GoesOnAfterAnOutage) {
  calls_.Fail("Unfinished", absl::UnavailableError("away"), 3);
  calls_.Fail("Purge", absl::UnavailableError("away"), 3);
  keys_.old = 10;
  AddUnfinished("o1");
  Start();
  EXPECT_TRUE(RunUntil([this] { return CallsOf("SetCancelled o1") == 1 && keys_.old == 0; }));
  EXPECT_TRUE(Stop());
}

TEST_F(HousekeeperTest, OneThatCannotBeCancelledHoldsUpNoOther) {
  AddUnfinished("o1");
  AddUnfinished("o2");
  calls_.Fail("Cancel", absl::InternalError("broken"));
  Start();
  EXPECT_TRUE(RunUntil([this] { return CallsOf("SetCancelled o2") == 1; }));
  EXPECT_TRUE(Stop());
}

TEST_F(HousekeeperTest, PurgesInBatchesUntilNothingIsLeft) {
  keys_.old = 2500;
  Start();
  EXPECT_TRUE(RunUntil([this] { return keys_.old == 0; }));
  EXPECT_GE(CallsOf("Purge"), 3);
  EXPECT_TRUE(Stop());
}

TEST_F(HousekeeperTest, StopEndsAPauseEarly) {
  housekeeper_ =
      std::make_unique<Housekeeper>(context_.get_executor(), intents_, cancelling_, keys_, metrics_,
                                    HousekeepingOptions{.cancel_poll = std::chrono::hours(1)});
  housekeeper_->Start();
  EXPECT_TRUE(RunUntil([this] { return CallsOf("Purge") == 1; }));
  EXPECT_TRUE(Stop());
}

}  // namespace
}  // namespace trellis::order
