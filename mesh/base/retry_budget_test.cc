#include "mesh/base/retry_budget.h"

#include <gtest/gtest.h>

namespace trellis::base {
namespace {

// How many retries the budget allows now.
int Drain(RetryBudget& budget) {
  int allowed = 0;
  while (budget.TryWithdraw()) ++allowed;
  return allowed;
}

TEST(RetryBudget, StartsFull) {
  RetryBudget budget(10, 0.1);
  EXPECT_EQ(Drain(budget), 10);
}

TEST(RetryBudget, EmptyOneRefusesUntilCallsHavePaid) {
  RetryBudget budget(2, 0.5);
  ASSERT_EQ(Drain(budget), 2);
  budget.OnCall();
  EXPECT_FALSE(budget.TryWithdraw());
  budget.OnCall();
  EXPECT_TRUE(budget.TryWithdraw());
  EXPECT_FALSE(budget.TryWithdraw());
}

TEST(RetryBudget, KeepsRetriesToTheirShareOfTheCalls) {
  RetryBudget budget(10, 0.25);
  ASSERT_EQ(Drain(budget), 10);
  int retries = 0;
  for (int call = 0; call < 1000; ++call) {
    budget.OnCall();
    if (budget.TryWithdraw()) ++retries;
  }
  EXPECT_EQ(retries, 250);
}

TEST(RetryBudget, SavesNoMoreThanItsCap) {
  RetryBudget budget(3, 1);
  for (int call = 0; call < 100; ++call) budget.OnCall();
  EXPECT_EQ(Drain(budget), 3);
}

TEST(RetryBudget, WithoutTokensAllowsNothing) {
  RetryBudget budget(0, 1);
  budget.OnCall();
  EXPECT_FALSE(budget.TryWithdraw());
}

}  // namespace
}  // namespace trellis::base
