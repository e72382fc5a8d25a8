// Guarantee: however many read a page that no cache has, in however many processes, Postgres is
// asked for it once.
#include <grpcpp/grpcpp.h>

#include <atomic>
#include <iostream>
#include <map>
#include <mutex>

#include "tests/support/post_stack.h"

namespace trellis::testing {
namespace {

constexpr size_t kServices = 3;
constexpr int kPosts = 100'000;

class PostStampedeTest : public PostTest {
 protected:
  void MakeAndFill(Variables service) {
    service["AUDIT_PERIOD"] = "1h";  // it asks Postgres, too
    Make({.services = kServices,
          .service = std::move(service),
          .postgres_settings = {"shared_preload_libraries=pg_stat_statements"}});
    stack().AddUsers(1);
    (void)stack().Query(
        "INSERT INTO posts (user_id, content, generation)"
        " SELECT 1, 'post ' || i, 1 FROM generate_series(1, " +
        std::to_string(kPosts) + ") AS i");
    (void)stack().Query("ANALYZE posts");
    (void)stack().Query("CREATE EXTENSION pg_stat_statements");
    (void)stack().Query("SELECT pg_stat_statements_reset()");
  }
  int64_t ListQueries() {
    return stack().Count(
        "SELECT coalesce(sum(calls), 0)::bigint FROM pg_stat_statements"
        " WHERE query LIKE '%FROM users%LEFT JOIN%FROM posts%'");
  }

  // So many calls at once, over all instances; how many ended with each status.
  std::map<int, int> ReadAtOnce(int readers) {
    struct Call {
      grpc::ClientContext context;
      post::v1::ListPostsResponse response;
    };
    std::vector<std::unique_ptr<PostStub>> stubs;
    for (size_t i = 0; i < kServices; ++i) stubs.push_back(stack().Stub(i));
    post::v1::ListUserPostsRequest request;
    request.set_user_id(1);
    request.set_offset(kPosts - 1000);  // takes its time
    std::vector<Call> calls(static_cast<size_t>(readers));
    std::mutex mutex;
    std::map<int, int> codes;
    std::atomic<int> open = readers;
    const auto deadline = std::chrono::system_clock::now() + std::chrono::seconds(30);
    for (size_t i = 0; i < calls.size(); ++i) {
      Call& call = calls[i];
      call.context.set_deadline(deadline);
      stubs[i % kServices]->async()->ListUserPosts(
          &call.context, &request, &call.response, [&](const grpc::Status& status) {
            {
              const std::lock_guard lock(mutex);
              ++codes[status.error_code()];
              if (status.ok() && call.response.data_size() != 50) ++codes[-1];
            }
            --open;
          });
    }
    EXPECT_TRUE(WaitUntil([&] { return open == 0; }, milliseconds(40'000)));
    return codes;
  }
};

TEST_F(PostStampedeTest, TenThousandColdReadersAreOneQuery) {
  // One that lapses on a slow machine would be the control below.
  MakeAndFill({{"FILL_LEASE", "30s"}});
  const std::map<int, int> codes = ReadAtOnce(10'000);
  std::cout << "10000 readers on " << kServices << " processes: list queries " << ListQueries()
            << std::endl;
  EXPECT_EQ(codes, (std::map<int, int>{{grpc::StatusCode::OK, 10'000}}));
  EXPECT_EQ(ListQueries(), 1);
}

// What the lease is for: with one that lapses before the page is made, others make it, too.
TEST_F(PostStampedeTest, WithoutALeaseThereAreMore) {
  MakeAndFill({{"FILL_LEASE", "1ms"}});
  (void)ReadAtOnce(10'000);
  std::cout << "without a lease: list queries " << ListQueries() << std::endl;
  EXPECT_GT(ListQueries(), 1);
}

}  // namespace
}  // namespace trellis::testing
