#include "services/post/datagen/progress.h"

#include <gtest/gtest.h>

#include <cstdlib>

namespace trellis::post::datagen {
namespace {

using std::chrono::milliseconds;

class ProgressTest : public ::testing::Test {
 protected:
  ~ProgressTest() override {
    std::fclose(out_);
    std::free(text_);
  }
  std::string Text() {
    std::fflush(out_);
    return std::string(text_, size_);
  }

  char* text_ = nullptr;
  size_t size_ = 0;
  FILE* out_ = open_memstream(&text_, &size_);
  base::ManualClock clock_;
};

TEST_F(ProgressTest, WritesALineEveryTwoSeconds) {
  Progress progress(out_, false, 4000, 0, clock_);
  clock_.Advance(milliseconds(1000));
  progress.Show(1000);
  EXPECT_EQ(Text(), "");
  clock_.Advance(milliseconds(1000));
  progress.Show(2000);
  EXPECT_EQ(Text(), "50 %  2,000 of 4,000 posts  1,000/s  2 s left\n");
}

TEST_F(ProgressTest, WritesTheEndOnce) {
  Progress progress(out_, false, 4000, 0, clock_);
  clock_.Advance(milliseconds(4000));
  progress.Show(4000);
  progress.End(4000);
  EXPECT_EQ(Text(), "100 %  4,000 of 4,000 posts  1,000/s\n");
}

TEST_F(ProgressTest, DrawsABarInPlaceOnATerminal) {
  Progress progress(out_, true, 1'000'000, 0, clock_);
  clock_.Advance(milliseconds(1000));
  progress.Show(500'000);
  EXPECT_EQ(Text(),
            "\r[###############...............] 50 %  500,000 of 1,000,000 posts  500,000/s  1 s "
            "left\033[K");
}

TEST_F(ProgressTest, WhatWasThereBeforeDoesNotCountForTheRate) {
  Progress progress(out_, false, 4000, 1000, clock_);
  clock_.Advance(milliseconds(2000));
  progress.Show(2000);
  EXPECT_EQ(Text(), "50 %  2,000 of 4,000 posts  500/s  4 s left\n");
}

}  // namespace
}  // namespace trellis::post::datagen
