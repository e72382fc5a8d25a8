// What a client of the order pipeline sees over HTTP.
#include <gmock/gmock.h>

#include "google/rpc/error_details.pb.h"
#include "tests/support/json.h"
#include "tests/support/order_stack.h"
#include "trellis/order/v1/order.pb.h"

namespace trellis::testing {
namespace {

using ::testing::HasSubstr;

// One stack for all tests, since its servers take seconds to start; each uses ids of its own.
class OrderApiTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() { shared_ = std::make_unique<OrderStack>(); }
  static void TearDownTestSuite() { shared_.reset(); }
  void TearDown() override {
    if (HasFailure()) std::cerr << shared_->LogTails();
  }
  static OrderStack& stack() { return *shared_; }
  HttpReply Post(const std::string& path, const std::string& json, HttpHeaders headers = {}) {
    headers.emplace_back("Content-Type", "application/json");
    const auto reply = stack().Http().Request("POST", path, headers, json);
    EXPECT_TRUE(reply.ok()) << reply.status();
    return reply.ok() ? *reply : HttpReply();
  }
  std::string Get(const std::string& path) {
    const auto reply = stack().Http().Get(path);
    EXPECT_TRUE(reply.ok()) << reply.status();
    return reply.ok() ? reply->body : "";
  }
  static bool Becomes(const std::string& id, const std::string& status) {
    return WaitUntil([&] { return stack().StatusOf(id) == status; });
  }

 private:
  static inline std::unique_ptr<OrderStack> shared_;
};

TEST_F(OrderApiTest, SeedsWalkThrough) {
  (void)stack().redis().Run({"SET", "inventory:mag-safe-phone-case", "100"});
  const std::string body = R"({"id":"order123","sku":"mag-safe-phone-case","qty":2})";
  const HttpReply first = Post("/orders", body);
  EXPECT_EQ(first.status, 200);
  EXPECT_THAT(first.body, HasSubstr("Order received: order123"));
  const HttpReply second = Post("/orders", body);
  EXPECT_EQ(second.status, 409);
  EXPECT_THAT(second.body, HasSubstr("Duplicate order"));
  EXPECT_TRUE(Becomes("order123", "NOTIFIED"));
  EXPECT_EQ(stack().redis().Run({"GET", "inventory:mag-safe-phone-case"}).Text(), "98");
  EXPECT_EQ(stack().Notifications()["order123"], 1);
}

// Each has little time for it, since Postgres knows too: on a slow machine the first do not
// succeed.
TEST_F(OrderApiTest, OrdersAreRememberedOnRedis) {
  int orders = 0;
  EXPECT_TRUE(WaitUntil([&] {
    const std::string id = "remembered" + std::to_string(orders++);
    EXPECT_EQ(stack().Place(id, "no-such-sku", 1), 200);
    return stack().redis().Run({"TTL", "idemp:" + id}).Integer() > 0;
  }));
}

TEST_F(OrderApiTest, OfABatchEachOrderHasItsOwnResult) {
  (void)stack().redis().Run({"SET", "inventory:batch-sku", "100"});
  ASSERT_EQ(Post("/orders", R"({"id":"batch-known","sku":"batch-sku","qty":2})").status, 200);
  const HttpReply reply = Post("/v1/orders:batchPlace",
                               R"({"requests":[{"id":"batch-1","sku":"batch-sku","qty":1},
                                               {"id":"b a d","sku":"batch-sku","qty":1},
                                               {"id":"batch-known","sku":"batch-sku","qty":2},
                                               {"id":"batch-2","sku":"batch-sku","qty":3}]})");
  ASSERT_EQ(reply.status, 200) << reply.body;
  (void)google::rpc::BadRequest::descriptor();  // linked, so that details can be read
  const auto batch = FromJson<order::v1::BatchPlaceOrdersResponse>(reply.body);
  ASSERT_EQ(batch.results_size(), 4);
  EXPECT_EQ(batch.results(0).response().message(), "Order received: batch-1");
  EXPECT_EQ(batch.results(1).error().code(), 3);
  EXPECT_THAT(reply.body, HasSubstr(R"("field":"id")"));
  EXPECT_EQ(batch.results(2).error().code(), 6);
  EXPECT_EQ(batch.results(2).error().message(), "Duplicate order");
  EXPECT_EQ(batch.results(3).response().order().qty(), 3);
  EXPECT_TRUE(Becomes("batch-1", "NOTIFIED"));
  EXPECT_TRUE(Becomes("batch-2", "NOTIFIED"));
  EXPECT_TRUE(Becomes("batch-known", "NOTIFIED"));
  EXPECT_EQ(stack().redis().Run({"GET", "inventory:batch-sku"}).Text(), "94");
  EXPECT_THAT(Post("/v1/orders:batchPlace", "{}").body, HasSubstr(R"("field":"requests")"));
}

TEST_F(OrderApiTest, RepairNamesBadFieldsAndFindsNothingDead) {
  EXPECT_THAT(Get("/v1/dead-messages?limit=1001"), HasSubstr(R"("field":"limit")"));
  EXPECT_THAT(Get("/v1/dead-messages?queue=NOTIFIER"), HasSubstr(R"("messages":[])"));
  EXPECT_THAT(Post("/v1/dead-messages:replay", R"({"limit":-1})").body,
              HasSubstr(R"("field":"limit")"));
  EXPECT_THAT(Post("/v1/orders:reconcile", R"({"older_than_ms":-1})").body,
              HasSubstr(R"("field":"older_than_ms")"));
  for (const char* token : {"x", "o", "r", "o1:a", "r1"}) {
    const bool ours = std::string(token) != "x";
    EXPECT_EQ(
        Post("/v1/orders:reconcile", std::string(R"({"page_token":")") + token + "\"}").status,
        ours ? 200 : 400)
        << token;
  }
  for (const char* token : {"o1", "rx", "o:"}) {
    EXPECT_THAT(
        Post("/v1/orders:reconcile", std::string(R"({"page_token":")") + token + "\"}").body,
        HasSubstr(R"("field":"page_token")"))
        << token;
  }
}

TEST_F(OrderApiTest, BadFieldsAreNamed) {
  EXPECT_THAT(Post("/orders", R"({"id":"a b","sku":"s","qty":1})").body,
              HasSubstr(R"("field":"id")"));
  EXPECT_THAT(Post("/orders", R"({"id":"a","sku":"","qty":1})").body,
              HasSubstr(R"("field":"sku")"));
  for (const char* qty : {"0", "-1", "1000001"}) {
    const HttpReply reply =
        Post("/orders", std::string(R"({"id":"a","sku":"s","qty":)") + qty + "}");
    EXPECT_EQ(reply.status, 400);
    EXPECT_THAT(reply.body, HasSubstr(R"("field":"qty")"));
  }
}

TEST_F(OrderApiTest, IdempotencyKeyReplaysTheSameRequestAndRefusesAnother) {
  const HttpHeaders key = {{"Idempotency-Key", "\"8e03978e\""}};
  const HttpReply first = Post("/orders", R"({"id":"k1","sku":"s","qty":1})", key);
  EXPECT_EQ(first.status, 200);
  EXPECT_TRUE(Becomes("k1", "REJECTED"));
  const HttpReply again = Post("/orders", R"({"id":"k1","sku":"s","qty":1})", key);
  EXPECT_EQ(again.status, 200);
  EXPECT_EQ(again.body, first.body);
  const HttpReply other = Post("/orders", R"({"id":"k2","sku":"s","qty":1})", key);
  EXPECT_EQ(other.status, 400);
  EXPECT_THAT(other.body, HasSubstr("used for another request"));
}

TEST_F(OrderApiTest, OrderWithoutStockIsRejectedWithTheReason) {
  stack().SetStock("rare", 1);
  Post("/orders", R"({"id":"r1","sku":"rare","qty":2})");
  EXPECT_TRUE(Becomes("r1", "REJECTED"));
  EXPECT_THAT(Get("/v1/orders/r1"), HasSubstr("only 1 in stock"));
  EXPECT_EQ(stack().Stock("rare"), 1);
}

TEST_F(OrderApiTest, CancellingGivesBackOnce) {
  stack().SetStock("back", 5);
  Post("/orders", R"({"id":"c1","sku":"back","qty":3})");
  EXPECT_TRUE(Becomes("c1", "NOTIFIED"));
  EXPECT_EQ(stack().Stock("back"), 2);
  EXPECT_EQ(Post("/v1/orders/c1:cancel", "{}").status, 200);
  EXPECT_EQ(Post("/v1/orders/c1:cancel", "{}").status, 200);
  EXPECT_EQ(stack().Stock("back"), 5);
  EXPECT_EQ(stack().StatusOf("c1"), "CANCELLED");
  EXPECT_EQ(Post("/v1/orders/nobody:cancel", "{}").status, 404);
}

TEST_F(OrderApiTest, InventoryIsAPlainIntegerForEverybody) {
  const auto put = stack().Http().Request(
      "PUT", "/v1/inventory/abc", {{"Content-Type", "application/json"}}, R"({"quantity":7})");
  EXPECT_EQ(put->status, 200);
  (void)stack().redis().Run({"INCRBY", "inventory:abc", "3"});
  EXPECT_THAT(Get("/v1/inventory/abc"), HasSubstr(R"("quantity":"10")"));
  EXPECT_EQ(stack().Http().Get("/v1/inventory/none")->status, 404);
}

TEST_F(OrderApiTest, DashboardShowsOrdersStockAndNotifications) {
  stack().SetStock("dash", 5);
  Post("/orders", R"({"id":"d1","sku":"dash","qty":1})");
  EXPECT_TRUE(Becomes("d1", "NOTIFIED"));
  // What is published is deleted from the outbox together with what else is, a moment later.
  std::string dashboard;
  (void)WaitUntil([&] {
    dashboard = Get("/dashboard/metrics");
    return dashboard.find(R"("outbox":{"depth":"0")") != std::string::npos;
  });
  EXPECT_THAT(dashboard, HasSubstr(R"("dash":"4")"));
  EXPECT_THAT(dashboard, HasSubstr(R"("notifications":{"sent":")"));
  EXPECT_THAT(dashboard, HasSubstr(R"("outbox":{"depth":"0")"));
}

TEST_F(OrderApiTest, DashboardStreamComesEverySecond) {
  HttpClient http = stack().Http();
  const auto head = http.OpenStream("/dashboard/metrics:watch");
  ASSERT_TRUE(head.ok()) << head.status();
  for (int i = 0; i < 2; ++i) {
    const auto line = http.ReadLine();
    ASSERT_TRUE(line.ok()) << line.status();
    EXPECT_THAT(*line, HasSubstr("\"orders\":"));
  }
}

}  // namespace
}  // namespace trellis::testing
