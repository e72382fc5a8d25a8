#include "services/order/cancelling.h"

#include <gmock/gmock.h>

#include <boost/asio/io_context.hpp>

#include "mesh/base/testing/run.h"
#include "services/order/testing/fake_order_repair.h"
#include "services/order/testing/fake_order_store.h"
#include "services/order/testing/fake_stock.h"

namespace trellis::order {
namespace {

using ::testing::ElementsAre;

class CancellingTest : public ::testing::Test {
 protected:
  CancellingTest() {
    store_.Add("o1");
    intents_.orders["o1"] = store_.orders["o1"];
    stock_.quantities["case"] = 10;
  }
  absl::Status Cancel(const std::string& id) {
    calls_.made.clear();
    const auto order =
        base::testing::RunCoroutine(context_, cancelling_.Cancel(id, base::Deadline::Infinite()));
    return order.status();
  }
  void Reserve(int32_t qty) {
    const auto reservation = base::testing::RunCoroutine(
        context_, stock_.Reserve("o1", "case", qty, base::Deadline::Infinite()));
    ASSERT_TRUE(reservation.ok());
  }

  boost::asio::io_context context_{1};
  testing::Calls calls_;
  testing::FakeCancelIntents intents_{calls_};
  testing::FakeOrderTraces traces_{calls_};
  testing::FakeStock stock_{calls_};
  testing::FakeOrderStore store_{calls_};
  Cancelling cancelling_{intents_, traces_, stock_, store_};
};

TEST_F(CancellingTest, WritesTheIntentDownBeforeAnythingIsDone) {
  Reserve(2);
  EXPECT_EQ(Cancel("o1"), absl::OkStatus());
  EXPECT_THAT(calls_.made, ElementsAre("Request o1", "Cancel o1", "SetCancelled o1"));
  EXPECT_EQ(stock_.quantities["case"], 10);
}

TEST_F(CancellingTest, WithoutTheIntentNothingIsDone) {
  calls_.Fail("Request", absl::UnavailableError("away"));
  EXPECT_TRUE(absl::IsUnavailable(Cancel("o1")));
  EXPECT_THAT(calls_.made, ElementsAre("Request o1"));
  EXPECT_TRUE(absl::IsNotFound(Cancel("nobodys")));
}

TEST_F(CancellingTest, RedisIsRemindedOfAReservationBeforeItIsGivenBack) {
  intents_.orders["o1"].reserved_at = base::FromUnixMillis(1);
  EXPECT_EQ(Cancel("o1"), absl::OkStatus());
  EXPECT_THAT(calls_.made,
              ElementsAre("Request o1", "RestoreReservation o1", "Cancel o1", "SetCancelled o1"));
}

TEST_F(CancellingTest, CancelledOrderIsNotTouchedAgain) {
  intents_.orders["o1"].cancelled_at = base::FromUnixMillis(1);
  EXPECT_EQ(Cancel("o1"), absl::OkStatus());
  EXPECT_THAT(calls_.made, ElementsAre("Request o1", "Get o1"));
}

TEST_F(CancellingTest, IntentOfARejectedOrderIsWithdrawn) {
  Reserve(11);
  EXPECT_TRUE(absl::IsFailedPrecondition(Cancel("o1")));
  EXPECT_THAT(calls_.made, ElementsAre("Request o1", "Cancel o1", "Withdraw o1"));
}

TEST_F(CancellingTest, GoesOnWhereItFailed) {
  Reserve(2);
  calls_.Fail("SetCancelled", absl::UnavailableError("away"));
  EXPECT_TRUE(absl::IsUnavailable(Cancel("o1")));
  EXPECT_EQ(Cancel("o1"), absl::OkStatus());
  EXPECT_EQ(stock_.quantities["case"], 10) << "given back once";
  EXPECT_EQ(store_.orders["o1"].status, Status::kCancelled);
}

}  // namespace
}  // namespace trellis::order
