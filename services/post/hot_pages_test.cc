#include "services/post/hot_pages.h"

#include <gmock/gmock.h>

#include "services/post/hot_users.h"

namespace trellis::post {
namespace {

PageKey KeyOf(int64_t user_id) { return {.user_id = user_id}; }

HotPages::Page PageOf(int64_t generation, size_t bytes = 1'000) {
  return {generation, std::make_shared<const std::string>(bytes, 'x')};
}

void CountTimes(HotPages& pages, int64_t user_id, int times) {
  for (int i = 0; i < times; ++i) pages.Count(KeyOf(user_id));
}

TEST(HotPagesTest, APageIsTakenInFromItsSecondReadOn) {
  HotPages pages(100'000);
  CountTimes(pages, 1, 1);
  pages.Offer(KeyOf(1), PageOf(1));
  EXPECT_FALSE(pages.Find(KeyOf(1)));
  CountTimes(pages, 1, 1);
  pages.Offer(KeyOf(1), PageOf(1));
  ASSERT_TRUE(pages.Find(KeyOf(1)));
  EXPECT_EQ(pages.Find(KeyOf(1))->generation, 1);
}

TEST(HotPagesTest, ANewerPageTakesThePlaceOfTheOld) {
  HotPages pages(100'000);
  CountTimes(pages, 1, 2);
  pages.Offer(KeyOf(1), PageOf(1));
  const size_t bytes = pages.bytes();
  pages.Offer(KeyOf(1), PageOf(2));
  EXPECT_EQ(pages.Find(KeyOf(1))->generation, 2);
  EXPECT_EQ(pages.size(), 1u);
  EXPECT_EQ(pages.bytes(), bytes);
  pages.Drop(KeyOf(1));
  EXPECT_FALSE(pages.Find(KeyOf(1)));
  EXPECT_EQ(pages.bytes(), 0u);
}

TEST(HotPagesTest, BytesAreBounded) {
  HotPages pages(10'000);
  for (int64_t user = 1; user <= 100; ++user) {
    CountTimes(pages, user, static_cast<int>(user) + 1);
    pages.Offer(KeyOf(user), PageOf(1));
    EXPECT_LE(pages.bytes(), 10'000u);
  }
  EXPECT_GE(pages.size(), 5u);
  CountTimes(pages, 500, 200);
  pages.Offer(KeyOf(500), PageOf(1, 20'000));  // larger than all there may be
  EXPECT_FALSE(pages.Find(KeyOf(500)));
  EXPECT_GE(pages.size(), 5u);
}

TEST(HotPagesTest, AScanPushesNoHotPageOut) {
  HotPages pages(10'000);
  for (int64_t user = 1; user <= 7; ++user) {
    CountTimes(pages, user, 20);
    pages.Offer(KeyOf(user), PageOf(1));
  }
  for (int64_t user = 1'000; user < 5'000; ++user) {
    CountTimes(pages, user, 2);
    pages.Offer(KeyOf(user), PageOf(1));
  }
  for (int64_t user = 1; user <= 7; ++user) EXPECT_TRUE(pages.Find(KeyOf(user))) << user;
}

TEST(HotPagesTest, WhatIsReadMoreTakesThePlaceOfWhatIsReadLess) {
  HotPages pages(2'600);  // two
  for (const int64_t user : {1, 2}) {
    CountTimes(pages, user, 3);
    pages.Offer(KeyOf(user), PageOf(1));
  }
  CountTimes(pages, 3, 10);
  pages.Offer(KeyOf(3), PageOf(1));
  EXPECT_TRUE(pages.Find(KeyOf(3)));
  EXPECT_FALSE(pages.Find(KeyOf(1)));  // the one that was used least lately
  EXPECT_TRUE(pages.Find(KeyOf(2)));
}

TEST(HotPagesTest, PagesOfOneUserAreApart) {
  HotPages pages(100'000);
  const PageKey first{.user_id = 1}, deeper{.user_id = 1, .before_id = 9};
  for (const PageKey& key : {first, deeper}) {
    pages.Count(key);
    pages.Count(key);
  }
  pages.Offer(first, PageOf(1));
  EXPECT_FALSE(pages.Find(deeper));
}

TEST(FrequencySketchTest, IsNotTooLowAndSeldomTooHigh) {
  FrequencySketch sketch;
  std::hash<std::string> hash;
  for (int i = 0; i < 1'000; ++i) sketch.Add(hash(std::to_string(i)));
  for (int i = 0; i < 50; ++i) sketch.Add(hash("hot"));
  EXPECT_GE(sketch.Estimate(hash("hot")), 50);
  EXPECT_LE(sketch.Estimate(hash("hot")), 52);
  int too_high = 0;
  for (int i = 0; i < 1'000; ++i) {
    EXPECT_GE(sketch.Estimate(hash(std::to_string(i))), 1);
    too_high += sketch.Estimate(hash(std::to_string(i))) > 1 ? 1 : 0;
  }
  EXPECT_LT(too_high, 20);
}

TEST(FrequencySketchTest, WhatWasHotFades) {
  FrequencySketch sketch;
  std::hash<std::string> hash;
  for (int i = 0; i < 200; ++i) sketch.Add(hash("once"));
  for (int i = 0; i < 200'000; ++i) sketch.Add(hash("now"));
  EXPECT_LT(sketch.Estimate(hash("once")), 20);
  EXPECT_EQ(sketch.Estimate(hash("now")), sketch.Estimate(hash("now")));
  EXPECT_GE(sketch.Estimate(hash("now")), 100);
}

TEST(HotUsersTest, TheMostReadComeFirst) {
  HotUsers users;
  for (int64_t user = 1; user <= 5; ++user) {
    for (int64_t i = 0; i < user; ++i) users.Count(user);
  }
  const auto top = users.Top(2);
  ASSERT_EQ(top.size(), 2u);
  EXPECT_EQ(top[0].user_id, 5);
  EXPECT_EQ(top[0].reads, 5);
  EXPECT_EQ(top[1].user_id, 4);
}

TEST(HotUsersTest, AHotOneIsFoundAmongManyInLittleMemory) {
  HotUsers users(16);
  for (int64_t i = 0; i < 10'000; ++i) {
    users.Count(1'000 + i);
    if (i % 5 == 0) users.Count(7);
  }
  EXPECT_EQ(users.Top(1).front().user_id, 7);
  EXPECT_LE(users.Top(1'000).size(), 16u);
}

TEST(HotUsersTest, CountsFade) {
  HotUsers users(16, 100);
  for (int i = 0; i < 100; ++i) users.Count(1);
  EXPECT_EQ(users.Top(1).front().reads, 50);
}

}  // namespace
}  // namespace trellis::post
