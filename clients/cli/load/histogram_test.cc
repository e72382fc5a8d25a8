#include "clients/cli/load/histogram.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>

namespace trellis::cli::load {
namespace {

constexpr double kPercents[] = {0.1, 1, 25, 50, 90, 95, 99, 99.9, 99.99, 100};

// By nearest rank, from all values.
int64_t Exact(const std::vector<int64_t>& sorted, double percent) {
  const double size = static_cast<double>(sorted.size());
  const auto rank = static_cast<size_t>(std::ceil(percent * size / 100 - 1e-6));
  return sorted[std::max<size_t>(rank, 1) - 1];
}

void ExpectAgrees(std::vector<int64_t> values, int bits) {
  Histogram histogram(bits);
  for (const int64_t value : values) histogram.Record(microseconds(value));
  std::sort(values.begin(), values.end());
  double sum = 0;
  for (const int64_t value : values) sum += static_cast<double>(value);
  EXPECT_EQ(histogram.count(), static_cast<int64_t>(values.size()));
  EXPECT_EQ(histogram.min().count(), values.front());
  EXPECT_EQ(histogram.max().count(), values.back());
  EXPECT_NEAR(histogram.Mean(), sum / static_cast<double>(values.size()), sum * 1e-12);
  for (const double percent : kPercents) {
    const int64_t exact = Exact(values, percent);
    const int64_t got = histogram.Percentile(percent).count();
    EXPECT_GE(got, exact) << percent;
    EXPECT_LE(static_cast<double>(got), static_cast<double>(exact) * (1 + std::ldexp(1, -bits)))
        << percent;
  }
}

TEST(HistogramTest, AgreesWithASortWithinItsError) {
  std::mt19937_64 random(7);
  for (const int bits : {3, Histogram::kPrecisionBits}) {
    for (const double spread : {0.1, 1.0, 3.0}) {
      std::lognormal_distribution<double> latencies(std::log(800), spread);
      std::vector<int64_t> values;
      for (int i = 0; i < 20'000; ++i) {
        values.push_back(static_cast<int64_t>(std::min(latencies(random), 3.5e9)));
      }
      ExpectAgrees(std::move(values), bits);
    }
  }
}

TEST(HistogramTest, SmallValuesAreExact) {
  Histogram histogram;
  for (int i = 0; i < 256; ++i) histogram.Record(microseconds(i));
  for (int rank = 1; rank <= 256; ++rank) {
    EXPECT_EQ(histogram.Percentile(100.0 * rank / 256).count(), rank - 1);
  }
}

TEST(HistogramTest, EdgesOfPowersOfTwoStayWithinTheError) {
  for (int64_t power = 2; power < 3'000'000'000; power *= 2) {
    for (const int64_t value : {power - 1, power, power + 1}) ExpectAgrees({value}, 7);
    ExpectAgrees({power - 1, power, power + 1, 3'500'000'000}, 7);
  }
}

TEST(HistogramTest, NoRankIsMissedByRounding) {
  Histogram histogram;
  for (int i = 1; i <= 1000; ++i) histogram.Record(microseconds(i <= 999 ? 1 : 100));
  EXPECT_EQ(histogram.Percentile(99.9).count(), 1) << "the 999th of 1000, not the last";
  EXPECT_EQ(histogram.SamplesFrom(99.9), 2);
  EXPECT_EQ(histogram.SamplesFrom(100), 1);
  EXPECT_EQ(histogram.Percentile(99.91).count(), 100);
}

TEST(HistogramTest, EmptyIsZero) {
  const Histogram histogram;
  EXPECT_EQ(histogram.Percentile(99).count(), 0);
  EXPECT_EQ(histogram.SamplesFrom(99), 0);
  EXPECT_EQ(histogram.min().count(), 0);
  EXPECT_EQ(histogram.Mean(), 0);
  EXPECT_TRUE(histogram.Buckets().empty());
}

TEST(HistogramTest, WhatIsOutOfRangeIsKeptAtTheEnds) {
  Histogram histogram;
  histogram.Record(microseconds(-5));
  histogram.Record(std::chrono::hours(48));
  EXPECT_EQ(histogram.min().count(), 0);
  EXPECT_EQ(histogram.Percentile(50).count(), 0);
  EXPECT_EQ(histogram.Percentile(100), std::chrono::hours(48));
}

TEST(HistogramTest, AddedHistogramsAreAsOneOfAll) {
  std::mt19937_64 random(3);
  std::uniform_int_distribution<int64_t> values(0, 1'000'000);
  Histogram all, left, right;
  for (int i = 0; i < 5000; ++i) {
    const microseconds value(values(random));
    all.Record(value);
    (i % 3 == 0 ? left : right).Record(value);
  }
  left.Add(right);
  left.Add(Histogram());
  for (const double percent : kPercents) {
    EXPECT_EQ(left.Percentile(percent), all.Percentile(percent));
  }
  EXPECT_EQ(left.count(), all.count());
  EXPECT_EQ(left.min(), all.min());
  EXPECT_EQ(left.max(), all.max());
  EXPECT_NEAR(left.Mean(), all.Mean(), 1e-6);
}

TEST(HistogramTest, BucketsHoldAllInOrder) {
  Histogram histogram;
  for (const int64_t value : {5, 5, 7000, 90'000'000}) histogram.Record(microseconds(value));
  const auto buckets = histogram.Buckets();
  ASSERT_EQ(buckets.size(), 3U);
  EXPECT_EQ(buckets[0].count, 2);
  EXPECT_EQ(buckets[0].last.count(), 5);
  EXPECT_GE(buckets[1].last.count(), 7000);
  EXPECT_EQ(buckets[2].last.count(), 90'000'000);
}

}  // namespace
}  // namespace trellis::cli::load
