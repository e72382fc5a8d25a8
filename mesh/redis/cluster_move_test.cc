// Slots that move, and nodes that fail or change roles, each by itself. Under load: tests/faults.
#include <gmock/gmock.h>

#include <boost/asio/co_spawn.hpp>
#include <thread>

#include "mesh/redis/testing/cluster_fixture.h"

namespace trellis::redis {
namespace {

using base::Deadline;
using base::milliseconds;

class ClusterMoveTest : public testing::ClusterTest {
 protected:
  // A node that is away for a moment is not missed by the others, so nobody takes over from it.
  static void SetUpTestSuite() { StartServers({.node_timeout = milliseconds(5000)}); }

  // Keys 0 and 1 of a slot of its own, set, with the slot's master and another.
  void Prepare(const std::string& tag) {
    for (int i = 0; i < 4; ++i) {
      keys_.push_back("{" + tag + "}" + std::to_string(i));
      ASSERT_TRUE(Set(keys_.back(), "of " + keys_.back()).reply.ok());
    }
    slot_ = KeySlot(tag);
    from_ = servers().MasterOf(slot_);
    to_ = servers().MasterOf((slot_ + kSlots / 2) % kSlots);
    ASSERT_NE(from_, to_);
  }
  void ExpectValues(const std::vector<ClusterAnswer>& answers) {
    ASSERT_EQ(answers.size(), keys_.size());
    for (size_t i = 0; i < keys_.size(); ++i) {
      ASSERT_TRUE(answers[i].reply.ok()) << answers[i].reply.status();
      EXPECT_EQ(answers[i].reply->Text(), "of " + keys_[i]);
    }
  }

  std::vector<std::string> keys_;
  int slot_ = 0, from_ = 0, to_ = 0;
};

TEST_F(ClusterMoveTest, MovedSlotIsFollowedAndRemembered) {
  Prepare("moved");
  servers().BeginMove(slot_, from_, to_);
  for (const std::string& key : keys_) servers().MoveKey(key, from_, to_);
  servers().EndMove(slot_, from_, to_);
  ExpectValues(MGet(keys_));
  EXPECT_EQ(client().counts().moved, 1u) << "four keys of one slot are one command";
  EXPECT_EQ(Get(keys_[0]).reply->Text(), "of " + keys_[0]);
  EXPECT_EQ(client().counts().moved, 1u);
}

TEST_F(ClusterMoveTest, MapShowsAMovedSlotAtItsNewMaster) {
  Prepare("moved-on-the-map");
  servers().BeginMove(slot_, from_, to_);
  for (const std::string& key : keys_) servers().MoveKey(key, from_, to_);
  servers().EndMove(slot_, from_, to_);
  ExpectValues(MGet(keys_));
  std::vector<std::string> owners;
  for (const ClusterNode& node : client().Nodes()) {
    for (const SlotSpan& span : node.slots) {
      if (node.master.empty() && span.first <= slot_ && slot_ <= span.last) {
        owners.push_back(node.address);
      }
    }
  }
  EXPECT_EQ(owners, std::vector<std::string>{servers().address(to_)});
}

TEST_F(ClusterMoveTest, MapShowsWhichMasterIsAway) {
  const int master = servers().MasterOf(0);
  servers().Kill(master);
  const auto first = [this] { return client().Nodes().at(0); };
  ASSERT_TRUE(RunUntil([&] { return first().health == NodeHealth::kAway; }));
  EXPECT_EQ(first().address, servers().address(master));
  EXPECT_NE(first().reason, "");
  servers().Start(master);
  EXPECT_TRUE(RunUntil([&] { return client().ready(); }));
  EXPECT_EQ(first().health, NodeHealth::kConnected);
  servers().WaitUntilOk();
}

TEST_F(ClusterMoveTest, KeysOfASlotOnItsWayAreAskedFor) {
  Prepare("ask");
  servers().BeginMove(slot_, from_, to_);
  servers().MoveKey(keys_[1], from_, to_);
  servers().MoveKey(keys_[2], from_, to_);
  for (const std::string& key : keys_) EXPECT_EQ(Get(key).reply->Text(), "of " + key);
  EXPECT_EQ(client().counts().ask, 2u);
  // Several in one batch, with others between: ASKING is for one command only.
  std::vector<KeyedCommand> gets;
  for (const std::string& key : keys_) gets.push_back({key, Command("GET", key)});
  ExpectValues(ExecuteAll(std::move(gets)));
  EXPECT_EQ(client().counts().ask, 4u);
  // A script that the other node does not know, after ASK.
  const Script script("return redis.call('GET', KEYS[1]) -- asked");
  Command call = script.Call(1);
  call.Arg(keys_[1]);
  EXPECT_EQ(Execute({keys_[1], script, std::move(call)}).reply->Text(), "of " + keys_[1]);
  EXPECT_EQ(client().counts().moved, 0u);
  for (const size_t i : {0, 3}) servers().MoveKey(keys_[i], from_, to_);
  servers().EndMove(slot_, from_, to_);
  ExpectValues(MGet(keys_));
}

TEST_F(ClusterMoveTest, MGetOfASlotOnItsWayReadsKeyByKey) {
  Prepare("split");
  servers().BeginMove(slot_, from_, to_);
  servers().MoveKey(keys_[1], from_, to_);
  ExpectValues(MGet(keys_));
  EXPECT_EQ(client().counts().ask, 1u);
  for (const size_t i : {0, 2, 3}) servers().MoveKey(keys_[i], from_, to_);
  servers().EndMove(slot_, from_, to_);
}

TEST_F(ClusterMoveTest, CommandOnSeveralKeysIsTriedAgainUntilTheSlotHasMoved) {
  Prepare("tryagain");
  servers().BeginMove(slot_, from_, to_);
  servers().MoveKey(keys_[1], from_, to_);
  const auto both = [this] { return KeyedCommand(keys_[0], Command("MGET", keys_[0], keys_[1])); };
  const ClusterAnswer refused = Execute(both(), milliseconds(500));
  EXPECT_EQ(refused.reply.status().code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(base::MessageOf(refused.reply.status()), ::testing::HasSubstr("TRYAGAIN"));
  std::optional<ClusterAnswer> answer;
  boost::asio::co_spawn(context_, client().Execute(both(), Deadline::After(milliseconds(10000))),
                        [&](std::exception_ptr, ClusterAnswer a) { answer = std::move(a); });
  const uint64_t repeats = client().counts().repeats;
  ASSERT_TRUE(RunUntil([&] { return client().counts().repeats > repeats + 2; }));
  EXPECT_FALSE(answer.has_value());
  for (const size_t i : {0, 2, 3}) servers().MoveKey(keys_[i], from_, to_);
  servers().EndMove(slot_, from_, to_);
  ASSERT_TRUE(RunUntil([&] { return answer.has_value(); }));
  ASSERT_TRUE(answer->reply.ok()) << answer->reply.status();
  EXPECT_EQ((*answer->reply)[1].Text(), "of " + keys_[1]);
}

TEST_F(ClusterMoveTest, CommandThatMayHaveRunIsRepeatedOnlyIfIdempotent) {
  const std::string key = "broken";
  const int master = servers().MasterOf(KeySlot(key));
  for (const bool idempotent : {false, true}) {
    ASSERT_TRUE(RunUntil([&] { return client().Connected(key); }));
    (void)servers().Run(master, {"CLIENT", "PAUSE", "10000", "WRITE"});
    std::optional<ClusterAnswer> answer;
    boost::asio::co_spawn(context_,
                          client().Execute({key, Command("SET", key, "v"), idempotent},
                                           Deadline::After(milliseconds(5000))),
                          [&](std::exception_ptr, ClusterAnswer a) { answer = std::move(a); });
    ASSERT_TRUE(RunUntil([&] {
      return servers().Run(master, {"INFO", "clients"}).Text().find("blocked_clients:1") !=
             std::string_view::npos;
    }));
    (void)servers().Run(master, {"CLIENT", "KILL", "TYPE", "normal"});
    (void)servers().Run(master, {"CLIENT", "UNPAUSE"});
    ASSERT_TRUE(RunUntil([&] { return answer.has_value(); }));
    EXPECT_EQ(answer->reply.status().code(),
              idempotent ? absl::StatusCode::kOk : absl::StatusCode::kUnavailable)
        << answer->reply.status();
  }
}

TEST_F(ClusterMoveTest, HungNodeHoldsUpItsOwnKeysAlone) {
  std::vector<std::string> keys;
  for (int node = 0; node < 3; ++node) {
    const int master = servers().MasterOf(kSlots * node / 3 + 100);
    for (int i = 0; i < 3; ++i) keys.push_back(KeyOn(master, i));
  }
  const int hung = servers().MasterOf(KeySlot(keys[0]));
  for (const std::string& key : keys) ASSERT_TRUE(Set(key, "of " + key).reply.ok());
  servers().Stop(hung);
  const auto answers = MGet(keys, milliseconds(500));
  const std::vector<std::string> healthy(keys.begin() + 3, keys.end());
  // Answers that do not wait for the deadline: many rounds within three.
  const Deadline round_limit = Deadline::After(milliseconds(3000));
  for (int round = 0; round < 50; ++round) {
    for (const ClusterAnswer& answer : MGet(healthy, milliseconds(1000))) {
      EXPECT_TRUE(answer.reply.ok()) << answer.reply.status();
    }
  }
  const bool in_time = !round_limit.Expired();
  servers().Resume(hung);
  EXPECT_TRUE(in_time);
  for (size_t i = 0; i < keys.size(); ++i) {
    if (i < 3) {
      EXPECT_EQ(answers[i].reply.status().code(), absl::StatusCode::kDeadlineExceeded);
    } else {
      ASSERT_TRUE(answers[i].reply.ok()) << answers[i].reply.status();
      EXPECT_EQ(answers[i].reply->Text(), "of " + keys[i]);
    }
  }
  servers().WaitUntilOk();
}

TEST_F(ClusterMoveTest, DeposedAndPromotedAgainIsAnotherIncarnation) {
  const std::string key = "term";
  ASSERT_TRUE(Set(key, "v").reply.ok());
  const int first = servers().MasterOf(KeySlot(key));
  const int second = servers().ReplicaOf(first);
  const uint64_t before = Get(key).incarnation;
  EXPECT_EQ(Get(key).incarnation, before);
  servers().FailOver(second);
  const ClusterAnswer between = Get(key);
  EXPECT_EQ(between.reply->Text(), "v");
  EXPECT_NE(between.incarnation, before);
  servers().FailOver(first);
  const ClusterAnswer after = Get(key);
  EXPECT_EQ(after.reply->Text(), "v");
  EXPECT_NE(after.incarnation, before) << "one life, another term";
  EXPECT_NE(after.incarnation, between.incarnation);
}

TEST_F(ClusterMoveTest, IdleClientSeesThatItsMasterWasDeposedMeanwhile) {
  const std::string key = "idle";
  ASSERT_TRUE(Set(key, "v").reply.ok());
  const int first = servers().MasterOf(KeySlot(key));
  const int second = servers().ReplicaOf(first);
  const uint64_t before = Get(key).incarnation;
  // Nothing is asked of the cluster in between: the connection has stood all the time.
  servers().FailOver(second);
  servers().FailOver(first);
  EXPECT_NE(Get(key).incarnation, before);
  EXPECT_EQ(client().counts().moved, 0u);
}

TEST_F(ClusterMoveTest, RestartedNodeIsAnotherIncarnation) {
  const std::string key = "restart";
  ASSERT_TRUE(Set(key, "v").reply.ok());
  const int master = servers().MasterOf(KeySlot(key));
  const uint64_t before = Get(key).incarnation;
  servers().Kill(master);
  servers().Start(master);  // before anybody misses it: it is master again, and empty
  const ClusterAnswer after = Get(key);
  ASSERT_TRUE(after.reply.ok()) << after.reply.status();
  EXPECT_NE(after.incarnation, before);
  servers().WaitUntilOk();
}

}  // namespace
}  // namespace trellis::redis
