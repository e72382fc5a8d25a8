#include "services/post/page.h"

#include <gmock/gmock.h>

#include <random>

#include "services/post/generation_record.h"

namespace trellis::post {
namespace {

using base::milliseconds;

CachedPage RandomPage(std::mt19937_64& random) {
  CachedPage page;
  page.generation = static_cast<int64_t>(random() >> (1 + random() % 63));
  page.has_more = random() % 2 == 0;
  page.cost = milliseconds(random() % 100'000);
  page.expires_at = base::FromUnixMillis(static_cast<int64_t>(random() % 4'000'000'000'000));
  auto id = static_cast<int64_t>(random() >> (1 + random() % 40));
  for (uint64_t i = random() % 101; i > 0 && id > 0; --i) {
    const auto age = static_cast<int64_t>(random() % 1000);
    page.posts.push_back({id, std::max<int64_t>(0, page.generation - age)});
    id -= static_cast<int64_t>(1 + random() % (uint64_t{1} << (random() % 30)));
  }
  return page;
}

TEST(PageTest, ComesBackAsItWas) {
  std::mt19937_64 random(7);
  for (int i = 0; i < 2'000; ++i) {
    const CachedPage page = RandomPage(random);
    const auto back = DecodePage(EncodePage(page));
    ASSERT_TRUE(back);
    EXPECT_EQ(back->generation, page.generation);
    EXPECT_EQ(back->has_more, page.has_more);
    EXPECT_EQ(back->cost, page.cost);
    EXPECT_EQ(base::UnixMillis(back->expires_at), base::UnixMillis(page.expires_at));
    EXPECT_EQ(back->posts, page.posts);
  }
}

TEST(PageTest, WhatIsCutOrLongerIsNone) {
  std::mt19937_64 random(8);
  for (int i = 0; i < 100; ++i) {
    const std::string bytes = EncodePage(RandomPage(random));
    for (size_t length = 0; length < bytes.size(); ++length) {
      EXPECT_FALSE(DecodePage(bytes.substr(0, length)));
    }
    EXPECT_FALSE(DecodePage(bytes + "x"));
  }
}

// Whatever bytes there are: nothing, or a page that can be used.
TEST(PageTest, AnyBytesAreReadSafely) {
  std::mt19937_64 random(9);
  for (int i = 0; i < 50'000; ++i) {
    std::string bytes = std::to_string(random() % 100) + " ";
    for (uint64_t n = random() % 40; n > 0; --n) {
      bytes.push_back(static_cast<char>(random() % 3 == 0 ? 0xff : random()));
    }
    const auto page = DecodePage(bytes);
    if (page) (void)IsDueEarly(*page, std::chrono::system_clock::now(), 0x1p-53);
  }
  // A time beyond every clock.
  CachedPage page;
  page.cost = milliseconds::max();
  EXPECT_FALSE(DecodePage(EncodePage(page)));
}

TEST(PageTest, NamesTellPagesApart) {
  EXPECT_EQ(PageName({.user_id = 1, .limit = 50}), "50:+0");
  EXPECT_EQ(PageName({.user_id = 1, .limit = 50, .offset = 7}), "50:+7");
  EXPECT_EQ(PageName({.user_id = 1, .limit = 50, .before_id = 7}), "50:7");
}

TEST(PageTest, ThePageAndItsGenerationAreOfOneSnapshot) {
  PostPage read{.generation = 4, .has_more = true};
  read.posts.resize(2);
  read.posts[0].id = 9;
  read.posts[0].version = 3;
  read.posts[1].id = 2;
  read.posts[1].version = 1;
  const CachedPage page = CachedPageOf(read);
  EXPECT_EQ(page.generation, 4);
  EXPECT_EQ(page.posts, (std::vector<PostRef>{{9, 3}, {2, 1}}));
  EXPECT_TRUE(page.has_more);
}

TEST(PageTest, EarlyRefreshIsLikelierNearExpiryAndForDearPages) {
  const base::WallTime now = base::FromUnixMillis(1'000'000);
  CachedPage page;
  page.cost = milliseconds(100);
  const auto due_at = [&](milliseconds left) {
    page.expires_at = now + left;
    int due = 0;
    for (int i = 1; i <= 1000; ++i) due += IsDueEarly(page, now, i / 1000.0) ? 1 : 0;
    return due;
  };
  EXPECT_EQ(due_at(milliseconds(0)), 1000);
  // exp(-left / cost) of them.
  EXPECT_NEAR(due_at(milliseconds(100)), 368, 3);
  EXPECT_NEAR(due_at(milliseconds(300)), 50, 3);
  EXPECT_EQ(due_at(milliseconds(60'000)), 0);
  page.cost = milliseconds(1'000);
  EXPECT_NEAR(due_at(milliseconds(300)), 741, 3);
}

TEST(GenerationRecordTest, ComesBackAsItWas) {
  const GenerationRecord record{.generation = 42, .stamp = ~uint64_t{0}, .nonce = "abc"};
  EXPECT_EQ(record.Format(), "42 18446744073709551615 abc");
  const GenerationRecord back = ParseGenerationRecord(record.Format());
  EXPECT_EQ(back.generation, 42);
  EXPECT_EQ(back.stamp, ~uint64_t{0});
  EXPECT_EQ(back.nonce, "abc");
}

TEST(GenerationRecordTest, IsTrustedOnlyInTheLifeThatConfirmedIt) {
  EXPECT_TRUE((GenerationRecord{.generation = 1, .stamp = 7}.IsTrusted(7)));
  EXPECT_FALSE((GenerationRecord{.generation = 1, .stamp = 7}.IsTrusted(8)));
  EXPECT_FALSE((GenerationRecord{.generation = 1, .stamp = 7}.IsTrusted(0)));
  EXPECT_FALSE((GenerationRecord{.generation = 1, .stamp = 0}.IsTrusted(0)));
}

TEST(GenerationRecordTest, WhatIsNoneIsTrustedByNobody) {
  for (const char* text : {"", "5", "5 ", "5 7", "x 7 n", "5 x n", "5 99999999999999999999 n"}) {
    const GenerationRecord record = ParseGenerationRecord(text);
    EXPECT_EQ(record.stamp, 0u) << text;
    EXPECT_FALSE(record.IsTrusted(7)) << text;
  }
}

}  // namespace
}  // namespace trellis::post
