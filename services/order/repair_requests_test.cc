#include "services/order/repair_requests.h"

#include <gmock/gmock.h>

namespace trellis::order {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(RepairRequestsTest, DeadMessagesOfBothQueuesUnlessOneIsNamed) {
  const auto both = DeadArgumentsFrom(v1::DEAD_QUEUE_UNSPECIFIED, 0);
  ASSERT_TRUE(both.ok());
  EXPECT_THAT(both->queues, ElementsAre(DeadQueue::kOrders, DeadQueue::kNotifier));
  EXPECT_EQ(both->limit, 100);
  EXPECT_THAT(DeadArgumentsFrom(v1::NOTIFIER, 7)->queues, ElementsAre(DeadQueue::kNotifier));
  EXPECT_THAT(base::MessageOf(DeadArgumentsFrom(static_cast<v1::DeadQueue>(9), 0).status()),
              HasSubstr("queue"));
  for (const int limit : {-1, 1001}) {
    EXPECT_THAT(base::MessageOf(DeadArgumentsFrom(v1::ORDERS, limit).status()), HasSubstr("limit"));
  }
}

TEST(RepairRequestsTest, ReconcileDefaultsAndBounds) {
  v1::ReconcileOrdersRequest request;
  const auto options = ReconcileOptionsFrom(request);
  ASSERT_TRUE(options.ok());
  EXPECT_FALSE(options->repair);
  EXPECT_EQ(options->grace, base::milliseconds(60'000));
  EXPECT_EQ(options->page_size, 200);
  request.set_older_than_ms(-1);
  EXPECT_THAT(base::MessageOf(ReconcileOptionsFrom(request).status()), HasSubstr("older_than_ms"));
  request.set_older_than_ms(31LL * 24 * 3600 * 1000);
  EXPECT_FALSE(ReconcileOptionsFrom(request).ok());
  request.set_older_than_ms(5);
  request.set_page_size(1001);
  EXPECT_THAT(base::MessageOf(ReconcileOptionsFrom(request).status()), HasSubstr("page_size"));
}

TEST(RepairRequestsTest, EveryKindHasItsNameInTheApi) {
  for (const FindingKind kind : kAllFindingKinds) {
    v1::ReconcileOrdersResponse response;
    ToMessage(Reconciliation{.findings = {{.kind = kind}}}, &response);
    std::string name = v1::FindingKind_Name(response.findings(0).kind());
    for (char& c : name) c = static_cast<char>(std::tolower(c));
    EXPECT_EQ(name, FindingName(kind));
  }
  EXPECT_EQ(std::size(kAllFindingKinds) + 1, static_cast<size_t>(v1::FindingKind_ARRAYSIZE));
}

TEST(RepairRequestsTest, BytesOfStrangersBecomeText) {
  v1::DeadMessage message;
  ToMessage(DeadQueue::kOrders, {.id = "a\xff", .body_start = "b\xff", .body_size = 2}, &message);
  EXPECT_EQ(message.message_id(), "a?");
  EXPECT_EQ(message.body_start(), "b\xff");
  EXPECT_FALSE(message.has_died_at());
}

}  // namespace
}  // namespace trellis::order
