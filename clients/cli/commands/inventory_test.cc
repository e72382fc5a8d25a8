#include <gmock/gmock.h>

#include "clients/cli/commands/commands.h"
#include "clients/cli/testing/fake_order_service.h"
#include "clients/cli/testing/run_cli.h"

namespace trellis::cli {
namespace {

using testing::FakeOrderService;
using ::testing::HasSubstr;
using testing::Outcome;
using testing::RunCli;
using testing::World;

class InventoryTest : public ::testing::Test {
 protected:
  InventoryTest() {
    world_.commands = AllCommands();
    world_.environment["ORDER_ADDR"] = service_.address();
  }
  Outcome Inventory(std::vector<std::string> words) {
    words.insert(words.begin(), "inventory");
    return RunCli(world_, words);
  }

  FakeOrderService service_;
  World world_;
};

TEST_F(InventoryTest, SetSaysWhatBecameAndPrintsNoData) {
  const Outcome outcome = Inventory({"set", "case", "1000000000000"});
  EXPECT_EQ(outcome.code, ExitCode::kOk);
  EXPECT_EQ(outcome.out, "");
  EXPECT_EQ(outcome.err, "trellis: 1000000000000 of case are free to order\n");
  EXPECT_EQ(service_.inventory.at("case"), 1'000'000'000'000);
}

TEST_F(InventoryTest, SetInJsonPrintsTheInventory) {
  EXPECT_EQ(Inventory({"set", "case", "0", "--json"}).out,
            "{\"sku\":\"case\",\"quantity\":\"0\"}\n");
}

TEST_F(InventoryTest, QuantityThatIsNoneIsAUsageErrorAndNotSent) {
  for (const char* n : {"x", "", "1.5", "7x", "1000000000001", "99999999999999999999"}) {
    const Outcome outcome = Inventory({"set", "case", n});
    EXPECT_EQ(outcome.code, ExitCode::kUsage) << n;
    EXPECT_THAT(outcome.err, HasSubstr("is not a whole number from 0 to 1000000000000"));
  }
  EXPECT_EQ(Inventory({"set", "case", "--", "-1"}).code, ExitCode::kUsage);
  EXPECT_THAT(Inventory({"set", "case"}).err, HasSubstr("inventory set needs N"));
  EXPECT_EQ(service_.calls(), 0);
}

TEST_F(InventoryTest, GetPrintsTheNumberAndNothingElse) {
  service_.inventory["case"] = 42;
  const Outcome outcome = Inventory({"get", "case"});
  EXPECT_EQ(outcome.code, ExitCode::kOk);
  EXPECT_EQ(outcome.out, "42\n");
  EXPECT_EQ(outcome.err, "");
  EXPECT_EQ(Inventory({"get", "case", "--json"}).out, "{\"sku\":\"case\",\"quantity\":\"42\"}\n");
}

TEST_F(InventoryTest, UnknownArticleIsNotFoundWithWhatToDo) {
  const Outcome outcome = Inventory({"get", "nope"});
  EXPECT_EQ(outcome.code, ExitCode::kNotFound);
  EXPECT_EQ(outcome.out, "");
  EXPECT_THAT(outcome.err, HasSubstr("nobody has set the stock of 'nope'"));
  EXPECT_THAT(outcome.err, HasSubstr("./trellis inventory set SKU N"));
}

TEST_F(InventoryTest, MissingServerIsNamedWithItsVariable) {
  const Outcome outcome = Inventory({"get", "case", "--addr", "127.0.0.1:1"});
  EXPECT_EQ(outcome.code, ExitCode::kUnreachable);
  EXPECT_THAT(outcome.err, HasSubstr("--addr or ORDER_ADDR names another server."));
}

}  // namespace
}  // namespace trellis::cli
