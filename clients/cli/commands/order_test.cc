#include <gmock/gmock.h>

#include "clients/cli/commands/commands.h"
#include "clients/cli/testing/fake_order_service.h"
#include "clients/cli/testing/run_cli.h"

namespace trellis::cli {
namespace {

namespace v1 = order::v1;
using testing::FakeOrderService;
using ::testing::HasSubstr;
using ::testing::Not;
using testing::Outcome;
using testing::RunCli;
using ::testing::StartsWith;
using testing::World;

class OrderTest : public ::testing::Test {
 protected:
  OrderTest() {
    world_.commands = AllCommands();
    world_.environment["ORDER_ADDR"] = service_.address();
  }
  Outcome Order(std::vector<std::string> words) {
    words.insert(words.begin(), "order");
    return RunCli(world_, words);
  }
  void AddOrders(int count) {
    for (int i = 0; i < count; ++i) {
      v1::Order order;
      order.set_id("order-" + std::to_string(i));
      order.set_sku("case");
      order.set_qty(2);
      order.set_status(v1::REJECTED);
      order.set_reason("out of\x1b[2J stock");
      order.mutable_received_at()->set_seconds(Now() - 192);
      order.mutable_rejected_at()->set_seconds(Now() - 5);
      service_.orders.push_back(order);
    }
  }
  int64_t Now() const { return base::UnixMillis(world_.clock.WallNow()) / 1000; }
  void AskOnATerminal(const std::string& answer) {
    world_.in_is_tty = world_.err_is_tty = true;
    world_.in = answer;
  }

  FakeOrderService service_;
  World world_;
};

v1::Dashboard SomeDashboard() {
  v1::Dashboard dashboard;
  (*dashboard.mutable_orders())["reserved"] = 7;
  dashboard.mutable_outbox()->set_depth(3);
  dashboard.mutable_outbox()->set_oldest_age_ms(1500);
  dashboard.mutable_notifications()->set_sent(12);
  dashboard.mutable_time()->set_seconds(1769860800);
  return dashboard;
}

TEST_F(OrderTest, PlacePrintsTheIdAndNothingElse) {
  const Outcome outcome = Order({"place", "order-17", "case", "2"});
  EXPECT_EQ(outcome.code, ExitCode::kOk);
  EXPECT_EQ(outcome.out, "order-17\n");
  EXPECT_EQ(outcome.err, "");
  EXPECT_EQ(service_.placed.at(0).ShortDebugString(), "id: \"order-17\" sku: \"case\" qty: 2");
  EXPECT_TRUE(service_.keys.empty());
}

TEST_F(OrderTest, QuantityIsOneWhenNotGiven) {
  ASSERT_EQ(Order({"place", "order-17", "case"}).code, ExitCode::kOk);
  EXPECT_EQ(service_.placed.at(0).qty(), 1);
}

TEST_F(OrderTest, IdempotencyKeyGoesAsMetadata) {
  ASSERT_EQ(Order({"place", "order-17", "case", "--idempotency-key", "k-17"}).code, ExitCode::kOk);
  EXPECT_THAT(service_.keys, ::testing::ElementsAre("k-17"));
}

TEST_F(OrderTest, PlaceInJsonIsTheAnswer) {
  EXPECT_THAT(Order({"place", "order-17", "case", "--json"}).out,
              StartsWith("{\"message\":\"Order received: order-17\",\"order\":{\"id\":"));
}

TEST_F(OrderTest, WhatCannotBePlacedIsAUsageErrorAndNotSent) {
  EXPECT_THAT(Order({"place", "order-17"}).err, HasSubstr("order place needs SKU"));
  for (const char* qty : {"0", "1000001", "two", ""}) {
    const Outcome outcome = Order({"place", "order-17", "case", qty});
    EXPECT_EQ(outcome.code, ExitCode::kUsage) << qty;
    EXPECT_THAT(outcome.err, HasSubstr("is not a whole number from 1 to 1000000"));
  }
  for (const std::string& key : {std::string(), std::string("a b"), std::string(256, 'k')}) {
    const Outcome outcome = Order({"place", "order-17", "case", "--idempotency-key=" + key});
    EXPECT_EQ(outcome.code, ExitCode::kUsage) << key;
    EXPECT_THAT(outcome.err, HasSubstr("1-255 visible ASCII characters"));
  }
  EXPECT_TRUE(service_.placed.empty());
}

TEST_F(OrderTest, DuplicateIsFailure) {
  service_.FailWith(absl::AlreadyExistsError("Duplicate order"));
  const Outcome outcome = Order({"place", "order-17", "case"});
  EXPECT_EQ(outcome.code, ExitCode::kFailed);
  EXPECT_EQ(outcome.out, "");
  EXPECT_EQ(outcome.err, "trellis: Duplicate order (ALREADY_EXISTS)\n");
}

TEST_F(OrderTest, LostAnswerSaysWhatIsSafe) {
  service_.FailWith(absl::UnavailableError("gone"));
  const Outcome plain = Order({"place", "order-17", "case"});
  EXPECT_EQ(plain.code, ExitCode::kUnreachable);
  EXPECT_THAT(plain.err, HasSubstr("The order may have been accepted"));
  EXPECT_EQ(service_.placed.size(), 1u) << "it is not repeated by itself";
  EXPECT_THAT(Order({"place", "order-17", "case", "--idempotency-key", "k"}).err,
              HasSubstr("a repeat is safe"));
}

TEST_F(OrderTest, GetShowsWhatBecameOfAnOrder) {
  AddOrders(1);
  const Outcome outcome = Order({"get", "order-0"});
  EXPECT_EQ(outcome.code, ExitCode::kOk);
  EXPECT_THAT(outcome.out, HasSubstr("status    rejected\n"));
  EXPECT_THAT(outcome.out, HasSubstr("reason    out of\\x1b[2J stock\n"));
  EXPECT_THAT(outcome.out, HasSubstr("(3m12s ago)"));
  EXPECT_THAT(outcome.out, Not(HasSubstr("notified")));
}

TEST_F(OrderTest, GetInJsonIsTheOrder) {
  AddOrders(1);
  EXPECT_THAT(Order({"get", "order-0", "--json"}).out, HasSubstr("\"status\":\"REJECTED\""));
}

TEST_F(OrderTest, UnknownOrderIsNotFound) {
  const Outcome outcome = Order({"get", "nope"});
  EXPECT_EQ(outcome.code, ExitCode::kNotFound);
  EXPECT_EQ(outcome.out, "");
  EXPECT_THAT(outcome.err, HasSubstr("there is no such order"));
}

TEST_F(OrderTest, LsIsATableOfTheStatusAskedFor) {
  AddOrders(1);
  EXPECT_EQ(Order({"ls", "--status", "rejected"}).out,
            "ID       SKU   QTY    AGE  STATUS    REASON\n"
            "order-0  case    2  3m12s  rejected  out of\\x1b[2J stock\n");
  EXPECT_EQ(service_.lists.at(0).status(), v1::REJECTED);
  EXPECT_EQ(service_.lists.at(0).page_size(), 50);
}

TEST_F(OrderTest, LsFollowsPagesToTheLimit) {
  AddOrders(2300);
  const Outcome outcome = Order({"ls", "--limit", "2200", "--json"});
  ASSERT_EQ(service_.lists.size(), 3u);
  EXPECT_EQ(service_.lists[2].page_size(), 200);
  EXPECT_THAT(outcome.out, HasSubstr("\"order-2199\""));
  EXPECT_THAT(outcome.out, HasSubstr("\"nextPageToken\":\"2200\""));
}

TEST_F(OrderTest, LsSaysThatThereAreMore) {
  AddOrders(60);
  EXPECT_THAT(Order({"ls"}).err, HasSubstr("there are more"));
}

TEST_F(OrderTest, LsOfNothingHasNoData) {
  EXPECT_EQ(Order({"ls"}).err, "trellis: no orders\n");
  const Outcome outcome = Order({"ls", "--status", "notified"});
  EXPECT_EQ(outcome.code, ExitCode::kOk);
  EXPECT_EQ(outcome.out, "");
  EXPECT_EQ(outcome.err, "trellis: no notified orders\n");
}

TEST_F(OrderTest, MisspelledStatusIsSuggested) {
  EXPECT_THAT(Order({"ls", "--status", "rejetced"}).err, HasSubstr("did you mean rejected?"));
}

TEST_F(OrderTest, CancelWithoutATerminalWantsYes) {
  AddOrders(1);
  const Outcome refused = Order({"cancel", "order-0"});
  EXPECT_EQ(refused.code, ExitCode::kUsage);
  EXPECT_THAT(refused.err, HasSubstr("say --yes"));
  EXPECT_TRUE(service_.cancelled.empty());
  const Outcome done = Order({"cancel", "order-0", "--yes"});
  EXPECT_EQ(done.code, ExitCode::kOk);
  EXPECT_EQ(done.out, "");
  EXPECT_EQ(done.err, "trellis: order order-0 is cancelled\n");
}

TEST_F(OrderTest, CancelAsksOnATerminal) {
  AddOrders(1);
  AskOnATerminal("y\n");
  const Outcome outcome = Order({"cancel", "order-0", "--json"});
  EXPECT_EQ(outcome.code, ExitCode::kOk);
  EXPECT_THAT(outcome.err, HasSubstr("Cancel order order-0 for good? [y/N] "));
  EXPECT_THAT(outcome.out, HasSubstr("\"status\":\"CANCELLED\""));
}

TEST_F(OrderTest, AnythingButYesCancelsNothing) {
  AddOrders(1);
  for (const char* answer : {"n\n", "\n", "", "yeah\n"}) {
    AskOnATerminal(answer);
    const Outcome outcome = Order({"cancel", "order-0"});
    EXPECT_EQ(outcome.code, ExitCode::kFailed) << answer;
    EXPECT_THAT(outcome.err, HasSubstr("nothing was cancelled"));
  }
  EXPECT_TRUE(service_.cancelled.empty());
}

TEST_F(OrderTest, RejectedOrderIsNotCancelled) {
  AddOrders(1);
  service_.FailWith(absl::FailedPreconditionError("order 'order-0' was rejected"));
  const Outcome outcome = Order({"cancel", "order-0", "--yes"});
  EXPECT_EQ(outcome.code, ExitCode::kFailed);
  EXPECT_EQ(outcome.err, "trellis: order 'order-0' was rejected (FAILED_PRECONDITION)\n");
}

TEST_F(OrderTest, WatchIsALineForEachDashboard) {
  service_.streams = {{.dashboards = {SomeDashboard(), SomeDashboard()}, .end = absl::OkStatus()}};
  const Outcome outcome = Order({"watch"});
  EXPECT_EQ(outcome.code, ExitCode::kOk);
  const std::string row =
      "2026-01-31T12:00:00Z         0         7         0         0          0       3      1s    "
      "12\n";
  EXPECT_EQ(outcome.out,
            "TIME                  RECEIVED  RESERVED  REJECTED  NOTIFIED  CANCELLED  OUTBOX  "
            "OLDEST  SENT\n" +
                row + row);
}

TEST_F(OrderTest, WatchInJsonIsAnObjectToALine) {
  service_.streams = {{.dashboards = {SomeDashboard(), SomeDashboard()}, .end = absl::OkStatus()}};
  const std::string out = Order({"watch", "--json"}).out;
  EXPECT_EQ(std::count(out.begin(), out.end(), '\n'), 2);
  EXPECT_THAT(out, StartsWith("{\"orders\":{\"reserved\":\"7\"}"));
}

TEST_F(OrderTest, WatchConnectsAgainWhileThereAreAnswers) {
  service_.streams = {{.dashboards = {{}}, .end = absl::UnavailableError("too old")},
                      {.dashboards = {{}}, .end = absl::OkStatus()}};
  const Outcome outcome = Order({"watch", "--json"});
  EXPECT_EQ(outcome.code, ExitCode::kOk);
  EXPECT_THAT(outcome.err, HasSubstr("connecting again"));
  EXPECT_EQ(std::count(outcome.out.begin(), outcome.out.end(), '\n'), 2);
}

TEST_F(OrderTest, WatchGivesUpWithoutAnAnswer) {
  service_.streams = {{.dashboards = {}, .end = absl::UnavailableError("gone")}};
  EXPECT_EQ(Order({"watch"}).code, ExitCode::kUnreachable);
}

}  // namespace
}  // namespace trellis::cli
