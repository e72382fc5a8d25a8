#ifndef MESH_REDIS_TESTING_CLUSTER_FIXTURE_H_
#define MESH_REDIS_TESTING_CLUSTER_FIXTURE_H_

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "mesh/base/testing/run.h"
#include "mesh/redis/cluster.h"
#include "mesh/redis/key_slot.h"
#include "mesh/redis/testing/private_redis_cluster.h"

namespace trellis::redis::testing {

// A cluster that the tests of one suite share, and a client of it for each test.
class ClusterTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() { StartServers(); }
  static void TearDownTestSuite() { servers_.reset(); }
  // For a suite that sets it up otherwise.
  static void StartServers(const PrivateRedisClusterOptions& options = {}) {
    servers_ = std::make_unique<PrivateRedisCluster>(options);
  }
  static PrivateRedisCluster& servers() { return *servers_; }

  void SetUp() override {
    options_.seeds = servers().addresses();
    Make();
  }
  // Instead of what there is, with options_.
  void Make() {
    client_ = std::make_unique<Cluster>(context_.get_executor(), options_);
    ASSERT_TRUE(RunUntil([this] { return client_->ready(); }));
  }
  Cluster& client() { return *client_; }

  // Lets the reactor run until it is so.
  template <typename Condition>
  bool RunUntil(Condition condition, base::milliseconds patience = base::milliseconds(10000)) {
    const base::Deadline deadline = base::Deadline::After(patience);
    while (!condition() && !deadline.Expired()) {
      context_.run_one_for(base::milliseconds(5));
      if (context_.stopped()) context_.restart();
    }
    return condition();
  }

  ClusterAnswer Execute(KeyedCommand command,
                        base::milliseconds patience = base::milliseconds(5000),
                        ClusterCallOptions options = {}) {
    return base::testing::RunCoroutine(
        context_, client_->Execute(std::move(command), base::Deadline::After(patience), options));
  }
  std::vector<ClusterAnswer> ExecuteAll(std::vector<KeyedCommand> commands,
                                        base::milliseconds patience = base::milliseconds(5000),
                                        ClusterCallOptions options = {}) {
    return base::testing::RunCoroutine(
        context_,
        client_->ExecuteAll(std::move(commands), base::Deadline::After(patience), options));
  }
  std::vector<ClusterAnswer> MGet(std::vector<std::string> keys,
                                  base::milliseconds patience = base::milliseconds(5000),
                                  ClusterCallOptions options = {}) {
    return base::testing::RunCoroutine(
        context_, client_->MGet(std::move(keys), base::Deadline::After(patience), options));
  }
  ClusterAnswer Get(const std::string& key) { return Execute({key, Command("GET", key), true}); }
  ClusterAnswer Set(const std::string& key, const std::string& value) {
    return Execute({key, Command("SET", key, value), true});
  }
  // A key of the n-th of keys that this node has now.
  std::string KeyOn(int node, int n = 0) {
    for (int i = 0;; ++i) {
      std::string key = "on:" + std::to_string(i);
      if (servers().MasterOf(KeySlot(key)) == node && n-- == 0) return key;
    }
  }

  boost::asio::io_context context_{1};
  ClusterOptions options_;
  std::unique_ptr<Cluster> client_;

 private:
  static inline std::unique_ptr<PrivateRedisCluster> servers_;
};

}  // namespace trellis::redis::testing

#endif  // MESH_REDIS_TESTING_CLUSTER_FIXTURE_H_
