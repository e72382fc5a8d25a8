#include "gateway/openapi/comments.h"

#include "gateway/testing/kinds.pb.h"
#include "gtest/gtest.h"
#include "mesh/base/testing/subprocess.h"

namespace trellis::gateway {
namespace {

using testing::Lookup;

class CommentsTest : public ::testing::Test {
 protected:
  const google::protobuf::ServiceDescriptor& service_ =
      *Lookup::descriptor()->file()->FindServiceByName("LookupService");
  absl::StatusOr<Comments> comments_ =
      Comments::Parse(base::testing::ReadFile(TRELLIS_KINDS_DESCRIPTORS));
};

TEST_F(CommentsTest, AreFoundForWhatIsLinked) {
  ASSERT_TRUE(comments_.ok()) << comments_.status();
  EXPECT_EQ(comments_->Of(service_), "Finds things.\n\n    and code");
  EXPECT_EQ(comments_->Of(*service_.FindMethodByName("Get")),
            "Finds a thing. NOT_FOUND: there is none;\nABORTED_BY_NOBODY is no code.");
  EXPECT_EQ(comments_->Of(*testing::Kinds::descriptor()), "Every kind of field that there is.");
  EXPECT_EQ(comments_->Of(*testing::Color_descriptor()), "What it looks like.");
  EXPECT_EQ(comments_->Of(*testing::Color_descriptor()->FindValueByName("RED")),
            "Like a rose,\nor a fire.");
}

TEST_F(CommentsTest, MayStandBehind) {
  ASSERT_TRUE(comments_.ok()) << comments_.status();
  EXPECT_EQ(comments_->Of(*Lookup::descriptor()->FindFieldByName("id")), "Of the thing.");
  EXPECT_EQ(comments_->Of(*Lookup::descriptor()->FindFieldByName("name")), "of the person");
  EXPECT_EQ(comments_->Of(*Lookup::descriptor()->FindFieldByName("number")), "");
}

TEST_F(CommentsTest, AreEmptyForWhatTheSetLacks) {
  EXPECT_EQ(Comments().Of(service_), "");
  EXPECT_EQ(Comments().Of(*Lookup::descriptor()), "");
}

TEST_F(CommentsTest, WhatIsNoDescriptorSetIsRefused) {
  EXPECT_FALSE(Comments::Parse("no descriptors").ok());
  EXPECT_TRUE(Comments::Parse("").ok());
}

}  // namespace
}  // namespace trellis::gateway
