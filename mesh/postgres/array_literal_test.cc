#include "mesh/postgres/array_literal.h"

#include <gmock/gmock.h>

#include <boost/asio/io_context.hpp>
#include <pqxx/pqxx>

#include "mesh/base/testing/run.h"
#include "mesh/postgres/pool.h"
#include "mesh/postgres/testing/private_postgres.h"

namespace trellis::postgres {
namespace {

using ::testing::ElementsAreArray;
using ::testing::IsEmpty;
using Texts = std::vector<std::string>;

TEST(ArrayLiteralTest, IsWrittenAsTheManualSays) {
  ArrayLiteral texts, numbers;
  EXPECT_EQ(texts.text(), "{}");
  texts.Add("");
  texts.Add(R"(a"b\c)");
  EXPECT_EQ(texts.text(), R"({"","a\"b\\c"})");
  numbers.Add(int64_t{-1});
  numbers.Add(std::numeric_limits<int64_t>::max());
  EXPECT_EQ(numbers.text(), "{-1,9223372036854775807}");
}

class ArrayLiteralServerTest : public ::testing::Test {
 protected:
  ArrayLiteralServerTest()
      : pool_({.url = testing::PrivatePostgres::Shared().Url(), .connections = 1}) {
    pool_.Start();
  }
  // The elements as Postgres reads them.
  absl::StatusOr<Texts> Read(const Texts& elements) {
    ArrayLiteral array;
    for (const std::string& element : elements) array.Add(element);
    auto query = [&array](pqxx::transaction_base& transaction) {
      Texts read;
      for (const pqxx::row& row : transaction.exec_params(
               "SELECT text, text IS NULL FROM unnest($1::text[]) WITH ORDINALITY AS all_of"
               " (text, nth) ORDER BY nth",
               array.text())) {
        read.push_back(row[1].as<bool>() ? "(null)" : row[0].c_str());
      }
      return absl::StatusOr<Texts>(std::move(read));
    };
    const base::Deadline deadline = base::Deadline::After(base::milliseconds(10'000));
    return base::testing::RunCoroutine(context_,
                                       TransactFor<Texts>(pool_, std::move(query), deadline));
  }

  boost::asio::io_context context_{1};
  ConnectionPool pool_;
};

TEST_F(ArrayLiteralServerTest, AnyTextComesBackAsItWas) {
  Texts texts = {"",
                 "plain",
                 "NULL",
                 "null",
                 "\"",
                 "\\",
                 "\\\"",
                 "\\\\",
                 "ends in \\",
                 "{1,2}",
                 "{}",
                 ",",
                 " a b ",
                 "\t\n\r\v\f\b\x01\x7f",
                 "it's $1 %s ; DROP TABLE orders --",
                 "gr\xc3\xbc\xc3\x9f, \xe4\xb8\x96\xe7\x95\x8c, \xf0\x9f\x8c\xbf",
                 std::string(100'000, '"')};
  for (int c = 1; c < 128; ++c) texts.push_back("x" + std::string(2, static_cast<char>(c)));
  const absl::StatusOr<Texts> read = Read(texts);
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_THAT(*read, ElementsAreArray(texts));
}

TEST_F(ArrayLiteralServerTest, NoElementsAreNone) {
  const absl::StatusOr<Texts> read = Read({});
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_THAT(*read, IsEmpty());
}

TEST_F(ArrayLiteralServerTest, WhatIsNoTextIsRefused) {
  for (const std::string& bad : Texts{std::string("a\0b", 3), std::string("\0", 1), "\xff", "\xc3",
                                      "\xc0\x80", "\xed\xa0\x80"}) {
    const absl::StatusOr<Texts> read = Read({"good", bad, "good"});
    EXPECT_TRUE(absl::IsInvalidArgument(read.status())) << read.status();
  }
}

}  // namespace
}  // namespace trellis::postgres
