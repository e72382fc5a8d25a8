#include "mesh/redis/key_slot.h"

#include <gtest/gtest.h>

// That the server agrees, key by key, is in cluster_test.cc.
namespace trellis::redis {
namespace {

TEST(KeySlotTest, Crc16IsXmodem) {
  EXPECT_EQ(Crc16("123456789"), 0x31C3);
  EXPECT_EQ(Crc16(""), 0);
}

TEST(KeySlotTest, OnlyTheTagCounts) {
  EXPECT_EQ(KeySlot("123456789"), 0x31C3);
  EXPECT_EQ(KeySlot("user:{42}:gen"), KeySlot("42"));
  EXPECT_EQ(KeySlot("{a}{b}"), KeySlot("a"));
  EXPECT_EQ(KeySlot("x{{a}}"), KeySlot("{a"));
}

TEST(KeySlotTest, EmptyOrOpenTagIsNone) {
  EXPECT_EQ(KeySlot("{}{a}"), Crc16("{}{a}") % kSlots);
  EXPECT_EQ(KeySlot("a{b"), Crc16("a{b") % kSlots);
  EXPECT_EQ(KeySlot("}a{"), Crc16("}a{") % kSlots);
}

}  // namespace
}  // namespace trellis::redis
