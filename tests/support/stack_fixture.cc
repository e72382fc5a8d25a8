#include "tests/support/stack_fixture.h"

#include <iostream>

namespace trellis::testing {

Stack& StackTest::Make(StackOptions options) {
  stack_ = std::make_unique<Stack>(std::move(options));
  return *stack_;
}

void StackTest::TearDown() {
  if (stack_ != nullptr && HasFailure()) std::cerr << stack_->LogTails();
}

}  // namespace trellis::testing
