#ifndef TESTS_SUPPORT_STACK_FIXTURE_H_
#define TESTS_SUPPORT_STACK_FIXTURE_H_

#include <gtest/gtest.h>

#include <iostream>
#include <memory>

#include "tests/support/stack.h"

namespace trellis::testing {

// A test with a stack of its own, made by Make. Prints the ends of all logs when it fails.
class StackTest : public ::testing::Test {
 protected:
  Stack& Make(StackOptions options = {});
  [[nodiscard]] Stack& stack() { return *stack_; }
  void TearDown() override;

 private:
  std::unique_ptr<Stack> stack_;
};

// Tests that share one stack, for those that only talk to it. Each suite derives its own class and
// may hide OptionsOfSuite.
template <typename Suite>
class SharedStackTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() { shared_ = std::make_unique<Stack>(Suite::OptionsOfSuite()); }
  static void TearDownTestSuite() { shared_.reset(); }
  static StackOptions OptionsOfSuite() { return {}; }
  void TearDown() override {
    if (HasFailure()) std::cerr << shared_->LogTails();
  }
  [[nodiscard]] static Stack& stack() { return *shared_; }

  // A queue that no other test of the suite uses, and no worker works on.
  [[nodiscard]] static std::string OwnQueue() {
    return ::testing::UnitTest::GetInstance()->current_test_info()->name();
  }

 private:
  static inline std::unique_ptr<Stack> shared_;
};

}  // namespace trellis::testing

#endif  // TESTS_SUPPORT_STACK_FIXTURE_H_
