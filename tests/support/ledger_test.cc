#include "tests/support/ledger.h"

#include <gtest/gtest.h>

namespace trellis::testing {
namespace {

constexpr char kTime[] = "2026-01-31T12:00:00.000Z";

std::string Line(const std::string& id, const std::string& message) {
  return std::string(kTime) + "\t" + id + "\t" + message + "\n";
}

class LedgerTest : public ::testing::Test {
 protected:
  void Acknowledge(const std::string& message, const std::string& id) {
    ledger_.Attempt(message);
    ledger_.Acknowledge(message, id);
  }
  Ledger ledger_;
};

TEST_F(LedgerTest, EachMessageOnceIsGood) {
  Acknowledge("a", "1");
  Acknowledge("b", "2");
  const Verdict verdict = ledger_.Judge(ParseOutput(Line("1", "a") + Line("2", "b")));
  EXPECT_TRUE(verdict.Good()) << verdict;
  EXPECT_EQ(verdict.attempted, 2);
  EXPECT_EQ(verdict.acknowledged, 2);
  EXPECT_EQ(verdict.processed, 2);
}

TEST_F(LedgerTest, AcknowledgedButNotProcessedIsLost) {
  Acknowledge("a", "1");
  EXPECT_EQ(ledger_.Judge({}).lost, 1);
}

TEST_F(LedgerTest, WhatIsSetAsideIsNotLost) {
  Acknowledge("a", "1");
  ledger_.SetAside("a");
  const Verdict verdict = ledger_.Judge({});
  EXPECT_EQ(verdict.lost, 0);
  EXPECT_EQ(verdict.set_aside, 1);
}

TEST_F(LedgerTest, WithoutAnAnswerBothOutcomesAreFine) {
  ledger_.Attempt("a");
  ledger_.Attempt("b");
  const Verdict verdict = ledger_.Judge(ParseOutput(Line("1", "a")));
  EXPECT_TRUE(verdict.Good()) << verdict;
  EXPECT_EQ(verdict.recovered, 1);
}

TEST_F(LedgerTest, SecondLineIsADuplicateByIdOrMessage) {
  Acknowledge("a", "1");
  ledger_.Attempt("b");
  EXPECT_EQ(ledger_.Judge(ParseOutput(Line("1", "a") + Line("1", "a"))).duplicated, 1);
  EXPECT_EQ(ledger_.Judge(ParseOutput(Line("1", "a") + Line("2", "b") + Line("3", "b"))).duplicated,
            1);
}

TEST_F(LedgerTest, StrangersAndOtherIdsAreUnexpected) {
  Acknowledge("a", "1");
  EXPECT_EQ(ledger_.Judge(ParseOutput(Line("1", "a") + Line("9", "z"))).unexpected, 1);
  EXPECT_EQ(ledger_.Judge(ParseOutput(Line("2", "a"))).unexpected, 1);
}

TEST(ParseOutputTest, EscapesAreTurnedBack) {
  const OutputFile file = ParseOutput(Line("1", "a\\tb\\nc\\\\d"));
  ASSERT_EQ(file.lines.size(), 1U);
  EXPECT_EQ(file.lines[0].time, kTime);
  EXPECT_EQ(file.lines[0].id, "1");
  EXPECT_EQ(file.lines[0].message, "a\tb\nc\\d");
}

TEST(ParseOutputTest, HalfAndOtherLinesAreMalformed) {
  EXPECT_EQ(ParseOutput("nonsense\n").malformed, 1);
  EXPECT_EQ(ParseOutput(Line("1", "a") + kTime + "\t2\tha").malformed, 1);
  EXPECT_EQ(ParseOutput("").malformed, 0);
}

}  // namespace
}  // namespace trellis::testing
