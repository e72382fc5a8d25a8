#include "mesh/app/readiness.h"

#include <gmock/gmock.h>
#include <simdjson.h>

#include <thread>
#include <vector>

namespace trellis::app {
namespace {

using ::testing::ElementsAre;

class ReadinessTest : public ::testing::Test {
 protected:
  ReadinessTest() {
    readiness_.set_on_change([this](bool ready) { changes_.push_back(ready); });
  }
  std::vector<bool> changes_;
  Readiness readiness_;
};

TEST_F(ReadinessTest, IsReadyWhenEveryDependencyIs) {
  readiness_.Set("redis", false, "connecting");
  readiness_.Set("postgres", false, "connecting");
  EXPECT_FALSE(readiness_.ready());
  readiness_.Set("redis", true, "connected");
  EXPECT_FALSE(readiness_.ready());
  readiness_.Set("postgres", true, "connected");
  EXPECT_TRUE(readiness_.ready());
}

TEST_F(ReadinessTest, IsLostWithADependency) {
  readiness_.Set("redis", true, "connected");
  readiness_.Set("redis", false, "gone");
  EXPECT_FALSE(readiness_.ready());
}

TEST_F(ReadinessTest, CanDoWithoutWhatItIsOnlyInformedOf) {
  readiness_.Set("redis", true, "connected");
  readiness_.Inform("cache", false, "gone");
  EXPECT_TRUE(readiness_.ready());
}

TEST_F(ReadinessTest, DrainingIsNeverReady) {
  readiness_.Set("redis", true, "connected");
  readiness_.StartDraining();
  EXPECT_FALSE(readiness_.ready());
  readiness_.Set("redis", true, "connected again");
  EXPECT_FALSE(readiness_.ready());
}

TEST_F(ReadinessTest, ChangesAreToldOnceEach) {
  readiness_.Set("redis", false, "connecting");
  readiness_.Set("redis", true, "connected");
  readiness_.Set("redis", true, "still connected");
  readiness_.Set("redis", false, "gone");
  readiness_.Set("redis", false, "still gone");
  readiness_.Set("redis", true, "connected");
  readiness_.StartDraining();
  readiness_.StartDraining();
  EXPECT_THAT(changes_, ElementsAre(true, false, true, false));
}

TEST_F(ReadinessTest, LastWordIsTheStateAlsoWhenThreadsRace) {
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([this, t] {
      const std::string name = "dependency-" + std::to_string(t);
      for (int i = 0; i < 500; ++i) readiness_.Set(name, i % 2 == 1, "");
    });
  }
  for (std::thread& thread : threads) thread.join();
  ASSERT_TRUE(readiness_.ready());
  ASSERT_FALSE(changes_.empty());
  EXPECT_TRUE(changes_.back());
  for (size_t i = 1; i < changes_.size(); ++i) ASSERT_NE(changes_[i], changes_[i - 1]);
}

TEST_F(ReadinessTest, JsonShowsEveryDependency) {
  readiness_.Set("redis", false, "connecting to \"127.0.0.1:6379\"");
  readiness_.Inform("cache", true, "connected");
  simdjson::dom::parser parser;
  const simdjson::dom::element json = parser.parse(readiness_.Json());
  EXPECT_FALSE(bool(json["ready"]));
  EXPECT_FALSE(bool(json["draining"]));
  EXPECT_FALSE(bool(json["dependencies"]["redis"]["ready"]));
  EXPECT_EQ(std::string_view(json["dependencies"]["redis"]["detail"]),
            "connecting to \"127.0.0.1:6379\"");
  EXPECT_TRUE(bool(json["dependencies"]["cache"]["ready"]));
}

TEST_F(ReadinessTest, JsonTellsDraining) {
  readiness_.StartDraining();
  EXPECT_EQ(readiness_.Json(), "{\"ready\":false,\"draining\":true,\"dependencies\":{}}\n");
}

}  // namespace
}  // namespace trellis::app
