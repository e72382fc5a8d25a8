#include <gmock/gmock.h>

#include "clients/cli/commands/commands.h"
#include "clients/cli/testing/fake_order_service.h"
#include "clients/cli/testing/run_cli.h"

namespace trellis::cli {
namespace {

namespace v1 = order::v1;
using testing::FakeOrderService;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::Outcome;
using testing::RunCli;
using ::testing::SizeIs;
using ::testing::StartsWith;
using testing::World;

class OrderRepairTest : public ::testing::Test {
 protected:
  OrderRepairTest() {
    world_.commands = AllCommands();
    world_.environment["ORDER_ADDR"] = service_.address();
  }
  Outcome Order(std::vector<std::string> words) {
    words.insert(words.begin(), "order");
    return RunCli(world_, words);
  }
  void AddDead() {
    v1::DeadMessage& message = *service_.dead.add_messages();
    message.set_queue(v1::ORDERS);
    message.set_message_id("order:o1");
    message.set_reason("rejected");
    message.set_death_count(2);
    message.mutable_died_at()->set_seconds(base::UnixMillis(world_.clock.WallNow()) / 1000 - 192);
    message.set_body_start("not\x1b[2J\xff json");
    message.set_body_size(5000);
  }
  v1::Finding& AddFinding(v1::FindingKind kind, bool repaired) {
    if (service_.pages.empty()) service_.pages.emplace_back();
    v1::Finding& finding = *service_.pages.back().add_findings();
    finding.set_kind(kind);
    finding.set_order_id("o1");
    finding.set_sku("case");
    finding.set_qty(2);
    finding.set_detail("why");
    finding.set_repaired(repaired);
    return finding;
  }
  void AskOnATerminal(const std::string& answer) {
    world_.in_is_tty = world_.err_is_tty = true;
    world_.in = answer;
  }

  FakeOrderService service_;
  World world_;
};

TEST_F(OrderRepairTest, DryRunShowsDeadMessagesAndReplaysNone) {
  AddDead();
  service_.dead.set_left(7);
  const Outcome outcome = Order({"replay-dead", "--dry-run", "--queue", "orders", "--limit", "5"});
  EXPECT_EQ(outcome.code, ExitCode::kOk);
  EXPECT_EQ(outcome.out,
            "QUEUE   ID        REASON    DEATHS    AGE  BYTES  BODY\n"
            "orders  order:o1  rejected       2  3m12s   5000  not\\x1b[2J\\xff json\n");
  EXPECT_EQ(outcome.err, "trellis: there are 7 more\n");
  EXPECT_EQ(service_.dead_lists.at(0).queue(), v1::ORDERS);
  EXPECT_EQ(service_.dead_lists.at(0).limit(), 5);
  EXPECT_THAT(service_.replays, IsEmpty());
}

TEST_F(OrderRepairTest, DryRunInJsonIsTheAnswer) {
  AddDead();
  EXPECT_THAT(Order({"replay-dead", "--dry-run", "--json"}).out,
              StartsWith("{\"messages\":[{\"queue\":\"ORDERS\",\"messageId\":\"order:o1\""));
  EXPECT_EQ(service_.dead_lists.at(0).queue(), v1::DEAD_QUEUE_UNSPECIFIED);
  EXPECT_EQ(service_.dead_lists.at(0).limit(), 100);
}

TEST_F(OrderRepairTest, ReplayWithoutATerminalWantsYes) {
  const Outcome refused = Order({"replay-dead"});
  EXPECT_EQ(refused.code, ExitCode::kUsage);
  EXPECT_THAT(refused.err, HasSubstr("say --yes or --dry-run"));
  EXPECT_EQ(service_.calls(), 0);
  service_.replay.set_replayed(1);
  service_.replay.set_left(3);
  const Outcome done = Order({"replay-dead", "--yes", "--queue", "notifier"});
  EXPECT_EQ(done.code, ExitCode::kOk);
  EXPECT_EQ(done.err, "trellis: 1 message brought back, 3 left\n");
  EXPECT_EQ(service_.replays.at(0).queue(), v1::NOTIFIER);
}

TEST_F(OrderRepairTest, ReplayAsksWithTheCount) {
  AddDead();
  AskOnATerminal("y\n");
  service_.replay.set_replayed(1);
  const Outcome outcome = Order({"replay-dead", "--json"});
  EXPECT_EQ(outcome.code, ExitCode::kOk);
  EXPECT_THAT(outcome.err, HasSubstr("Bring 1 dead message back? [y/N] "));
  EXPECT_EQ(outcome.out, "{\"replayed\":\"1\",\"left\":\"0\"}\n");
}

TEST_F(OrderRepairTest, AnythingButYesReplaysNothing) {
  AddDead();
  AskOnATerminal("n\n");
  EXPECT_EQ(Order({"replay-dead"}).code, ExitCode::kFailed);
  EXPECT_THAT(service_.replays, IsEmpty());
}

TEST_F(OrderRepairTest, NothingDeadIsNotAskedAbout) {
  AskOnATerminal("");
  const Outcome outcome = Order({"replay-dead"});
  EXPECT_EQ(outcome.code, ExitCode::kOk);
  EXPECT_EQ(outcome.err, "trellis: no dead messages\n");
}

TEST_F(OrderRepairTest, FailedReplaySaysThatARepeatIsSafe) {
  service_.FailWith(absl::UnavailableError("amqp: gone"));
  const Outcome outcome = Order({"replay-dead", "--yes"});
  EXPECT_EQ(outcome.code, ExitCode::kUnreachable);
  EXPECT_THAT(outcome.err, HasSubstr("a repeat is safe"));
  EXPECT_THAT(service_.replays, SizeIs(1)) << "it is not repeated by itself";
}

TEST_F(OrderRepairTest, NothingFoundIsSuccess) {
  service_.pages.resize(2);
  service_.pages[0].set_examined(200);
  service_.pages[1].set_examined(3);
  const Outcome outcome = Order({"reconcile"});
  EXPECT_EQ(outcome.code, ExitCode::kOk);
  EXPECT_EQ(outcome.out, "");
  EXPECT_EQ(outcome.err, "trellis: examined 203: 0 findings\n");
  EXPECT_FALSE(service_.reconciles.at(0).repair());
  EXPECT_EQ(service_.reconciles.at(0).older_than_ms(), 60'000);
  EXPECT_EQ(service_.reconciles.at(1).page_token(), "1");
}

TEST_F(OrderRepairTest, FindingsThatRemainAreFailure) {
  AddFinding(v1::MESSAGE_LOST, false);
  const Outcome outcome = Order({"reconcile", "--older-than", "5m"});
  EXPECT_EQ(outcome.code, ExitCode::kFailed);
  EXPECT_EQ(outcome.out,
            "ORDER  SKU   QTY  FINDING       REPAIR  DETAIL\n"
            "o1     case    2  message-lost  -       why\n");
  EXPECT_EQ(service_.reconciles.at(0).older_than_ms(), 300'000);
}

TEST_F(OrderRepairTest, RepairedFindingsAreSuccessAndOthersAreNot) {
  AddFinding(v1::RESERVATION_MISSING, true);
  const Outcome all = Order({"reconcile", "--repair"});
  EXPECT_EQ(all.code, ExitCode::kOk);
  EXPECT_THAT(all.out, HasSubstr("reservation-missing  done"));
  EXPECT_THAT(all.err, HasSubstr("1 finding, 1 repaired"));
  EXPECT_TRUE(service_.reconciles.at(0).repair());
  AddFinding(v1::DECISIONS_DIFFER, false).set_repair_error("nobody can tell");
  const Outcome some = Order({"reconcile", "--repair"});
  EXPECT_EQ(some.code, ExitCode::kFailed);
  EXPECT_THAT(some.out, HasSubstr("decisions-differ     failed  why; nobody can tell"));
}

TEST_F(OrderRepairTest, ArticlesOfAllPagesAreAddedUp) {
  service_.pages.resize(2);
  for (v1::ReconcileOrdersResponse& page : service_.pages) {
    for (const char* sku : {"case", "same"}) {
      v1::SkuAccount& account = *page.add_skus();
      account.set_sku(sku);
      account.set_ledger(3);
      account.set_reserved(std::string(sku) == "case" ? 2 : 3);
    }
  }
  EXPECT_EQ(Order({"reconcile"}).out,
            "SKU   SOLD BY LEDGER  RESERVED ON REDIS\n"
            "case               6                  4\n");
  EXPECT_THAT(Order({"reconcile", "--json"}).out,
              HasSubstr("\"sku\":\"same\",\"ledger\":\"6\",\"reserved\":\"6\""));
}

TEST_F(OrderRepairTest, ReconcileThatFailsIsNoSuccess) {
  service_.FailWith(absl::InternalError("broken"));
  EXPECT_EQ(Order({"reconcile"}).code, ExitCode::kFailed);
}

}  // namespace
}  // namespace trellis::cli
