#ifndef SERVICES_POST_TESTING_DOMAIN_FIXTURE_H_
#define SERVICES_POST_TESTING_DOMAIN_FIXTURE_H_

#include <gmock/gmock.h>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/io_context.hpp>
#include <memory>
#include <string>
#include <vector>

#include "mesh/base/testing/run.h"
#include "mesh/redis/testing/fake_cluster_client.h"
#include "services/post/page_reader.h"
#include "services/post/redis_invalidator.h"
#include "services/post/redis_object_cache.h"
#include "services/post/redis_page_cache.h"
#include "services/post/testing/fake_post_store.h"
#include "services/post/testing/post_scripts.h"
#include "trellis/post/v1/post.pb.h"

namespace trellis::post::testing {

// The domain over a store and a cluster in memory, with the real adapters to the latter.
class DomainFixture : public ::testing::Test {
 protected:
  DomainFixture() { AddPostScripts(cluster_); }

  [[nodiscard]] static base::Deadline Soon(int ms = 5'000) {
    return base::Deadline::After(base::milliseconds(ms));
  }
  template <typename T>
  T Await(boost::asio::awaitable<T> coroutine) {
    return base::testing::RunCoroutine(context_, std::move(coroutine));
  }
  template <typename T>
  T Must(Async<T> call) {
    absl::StatusOr<T> result = Await(std::move(call));
    EXPECT_TRUE(result.ok()) << result.status();
    return result.ok() ? *std::move(result) : T();
  }
  void Poll() {
    context_.restart();
    context_.poll();
  }
  // A call under way; null inside until it has ended.
  template <typename T>
  std::shared_ptr<std::optional<absl::StatusOr<T>>> Begin(
      Async<T> call, boost::asio::cancellation_slot slot = {}) {
    auto answer = std::make_shared<std::optional<absl::StatusOr<T>>>();
    boost::asio::co_spawn(
        context_, std::move(call),
        boost::asio::bind_cancellation_slot(
            slot, [answer](const std::exception_ptr& thrown, absl::StatusOr<T> result) {
              *answer = thrown ? absl::CancelledError("threw") : std::move(result);
            }));
    Poll();
    return answer;
  }
  template <typename Condition>
  bool RunUntil(Condition condition) {
    const base::Deadline end = Soon();
    while (!condition() && !end.Expired()) {
      context_.run_one_for(base::milliseconds(5));
      if (context_.stopped()) context_.restart();
    }
    return condition();
  }

  int64_t AddUser(const std::string& name = "ada") {
    return Must(store_.CreateUser(name, name + "@example.com", Soon())).id;
  }
  // Straight into the store: no cache hears of it.
  Post AddPost(int64_t user_id, const std::string& content = "hello") {
    return Must(store_.CreatePost(user_id, content, Soon()));
  }
  absl::Status Announce(Invalidation write) {
    std::vector<Invalidation> writes(1, write);
    return Await(invalidator_.Announce(std::move(writes), Soon())).front();
  }
  static v1::ListPostsResponse Parsed(const WirePage& wire) {
    v1::ListPostsResponse page;
    EXPECT_TRUE(page.ParseFromString(*wire));
    return page;
  }
  // A reader as another process would have one.
  std::unique_ptr<PageReader> MakeReader(PageReaderOptions options = {.local_bytes = 0}) {
    return std::make_unique<PageReader>(
        context_.get_executor(), PageReaderPorts{page_cache_, objects_, store_, counters_, clock_},
        options);
  }

  boost::asio::io_context context_{1};
  FakePostStore store_;
  redis::testing::FakeClusterClient cluster_;
  telemetry::Metrics metrics_;
  ReadCounters counters_{metrics_};
  base::SystemClock clock_;
  CacheSettings settings_;
  RedisPageCache page_cache_{cluster_, settings_};
  RedisObjectCache object_cache_{cluster_, settings_};
  RedisInvalidator invalidator_{cluster_, settings_};
  ObjectReader objects_{object_cache_, store_, counters_};
};

}  // namespace trellis::post::testing

#endif  // SERVICES_POST_TESTING_DOMAIN_FIXTURE_H_
