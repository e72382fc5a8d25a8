#include "mesh/redis/cluster.h"

#include <gmock/gmock.h>

#include <boost/asio/co_spawn.hpp>
#include <optional>
#include <random>
#include <set>

#include "mesh/redis/testing/cluster_fixture.h"

namespace trellis::redis {
namespace {

using base::Deadline;
using base::milliseconds;
using base::testing::RunCoroutine;

class ClusterTest : public testing::ClusterTest {};

std::string RandomKey(std::mt19937* random) {
  // Braces often enough that all cases of tags come up, and any bytes else.
  std::string key;
  const size_t length = (*random)() % 24;
  while (key.size() < length) {
    const unsigned draw = (*random)() % 8;
    key.push_back(draw == 0 ? '{' : draw == 1 ? '}' : static_cast<char>((*random)() & 0xff));
  }
  return key;
}

TEST_F(ClusterTest, SlotsOfKeysAreTheServers) {
  ConnectionOptions options;
  options.address = servers().address(0);
  Connection connection(context_.get_executor(), options);
  ASSERT_TRUE(RunUntil([&] { return connection.connected(); }));
  std::mt19937 random(20240501);
  std::vector<std::string> keys = {"", "{}", "{}a", "a{}b{c}", "{a}{b}", "{{a}}", "}{", "{a", "a}"};
  while (keys.size() < 5000) keys.push_back(RandomKey(&random));
  for (const std::string& key : keys) {
    Command ask("CLUSTER", "KEYSLOT", key);
    const auto slot = RunCoroutine(
        context_, connection.Execute(std::move(ask), Deadline::After(milliseconds(5000))));
    ASSERT_TRUE(slot.ok()) << slot.status();
    ASSERT_EQ(slot->Integer(), KeySlot(key)) << ::testing::PrintToString(key);
  }
}

TEST_F(ClusterTest, MGetKeepsTheOrderAcrossSlotsAndNodes) {
  std::vector<KeyedCommand> sets;
  std::vector<std::string> keys;
  for (int i = 0; i < 300; ++i) {
    // Many of one slot, many of slots of their own, some twice, some that are not there.
    keys.push_back(i % 3 == 0 ? "{order}" + std::to_string(i) : "order:" + std::to_string(i % 200));
    if (i % 7 != 0) sets.push_back({keys.back(), Command("SET", keys.back(), "of " + keys.back())});
  }
  std::set<std::string> there;
  for (const KeyedCommand& set : sets) there.insert(set.key);
  for (const ClusterAnswer& answer : ExecuteAll(std::move(sets))) {
    ASSERT_TRUE(answer.reply.ok()) << answer.reply.status();
  }
  const auto answers = MGet(keys);
  ASSERT_EQ(answers.size(), keys.size());
  std::set<uint64_t> incarnations;
  for (size_t i = 0; i < keys.size(); ++i) {
    ASSERT_TRUE(answers[i].reply.ok()) << answers[i].reply.status();
    EXPECT_EQ(answers[i].reply->Text(), there.contains(keys[i]) ? "of " + keys[i] : "");
    EXPECT_EQ(answers[i].reply->IsNil(), !there.contains(keys[i]));
    incarnations.insert(answers[i].incarnation);
  }
  EXPECT_EQ(incarnations.size(), 3u) << "a number for each master";
  EXPECT_FALSE(incarnations.contains(0));
  EXPECT_EQ(client().counts().moved, 0u);
}

TEST_F(ClusterTest, MapIsTheServers) {
  const std::vector<ClusterNode> nodes = client().Nodes();
  ASSERT_EQ(nodes.size(), 6u);
  int next = 0;
  for (size_t i = 0; i < nodes.size(); i += 2) {
    const ClusterNode& master = nodes[i];
    const ClusterNode& replica = nodes[i + 1];
    ASSERT_EQ(master.slots.size(), 1u);
    EXPECT_EQ(master.slots[0].first, next);
    next = master.slots[0].last + 1;
    const int node = servers().MasterOf(master.slots[0].first);
    EXPECT_EQ(master.address, servers().address(node));
    EXPECT_EQ(master.master, "");
    EXPECT_EQ(master.health, NodeHealth::kConnected);
    EXPECT_EQ(replica.address, servers().address(servers().ReplicaOf(node)));
    EXPECT_EQ(replica.master, master.address);
    EXPECT_EQ(replica.slots, master.slots);
    EXPECT_EQ(replica.health, NodeHealth::kNotAsked);
  }
  EXPECT_EQ(next, kSlots);
}

TEST_F(ClusterTest, MapSaysThatAReplicaWasReadFrom) {
  const auto health = [this] { return client().Nodes().at(1).health; };
  const std::string key = "{06S}";  // slot 0
  ASSERT_EQ(KeySlot(key), 0);
  (void)Execute({key, Command("GET", key), true}, milliseconds(5000),
                {.read_from = ReadFrom::kReplica});
  EXPECT_TRUE(RunUntil([&] { return health() == NodeHealth::kConnected; }));
}

TEST_F(ClusterTest, EachCommandHasItsOwnAnswer) {
  std::vector<KeyedCommand> commands;
  commands.push_back({"own:1", Command("SET", "own:1", "text")});
  commands.push_back({"own:1", Command("INCR", "own:1")});
  commands.push_back({"own:2", Command("GET", "own:2")});
  commands.push_back({"own:1", Command("GET", "own:1")});
  const auto answers = ExecuteAll(std::move(commands));
  EXPECT_EQ(answers[0].reply->Text(), "OK");
  EXPECT_EQ(answers[1].reply.status().code(), absl::StatusCode::kInternal);
  EXPECT_NE(answers[1].incarnation, 0u);
  EXPECT_TRUE(answers[2].reply->IsNil());
  EXPECT_EQ(answers[3].reply->Text(), "text");
}

TEST_F(ClusterTest, ScriptIsLoadedOnEveryNodeThatDoesNotKnowIt) {
  const Script script("return redis.call('INCRBY', KEYS[1], ARGV[1]) -- in a batch");
  for (int round = 1; round <= 3; ++round) {
    std::vector<KeyedCommand> calls;
    for (int i = 0; i < 30; ++i) {
      const std::string key = "script:" + std::to_string(i);
      Command call = script.Call(1);
      call.Arg(key).Arg(2);
      calls.push_back({key, script, std::move(call)});
    }
    for (const ClusterAnswer& answer : ExecuteAll(std::move(calls))) {
      ASSERT_TRUE(answer.reply.ok()) << answer.reply.status();
      EXPECT_EQ(answer.reply->Integer(), 2 * round);
    }
    if (round == 2) (void)servers().Run(1, {"SCRIPT", "FLUSH"});
  }
}

TEST_F(ClusterTest, ErrorOfLoadingAScriptIsTheAnswer) {
  const Script script("this is not Lua");
  Command call = script.Call(1);
  call.Arg("broken");
  const ClusterAnswer answer = Execute({"broken", script, std::move(call)});
  EXPECT_THAT(base::MessageOf(answer.reply.status()), ::testing::HasSubstr("compiling"));
}

TEST_F(ClusterTest, ExpiredDeadlineSendsNothing) {
  EXPECT_EQ(Execute({"late", Command("SET", "late", "v")}, milliseconds(0)).reply.status().code(),
            absl::StatusCode::kDeadlineExceeded);
  EXPECT_TRUE(Get("late").reply->IsNil());
}

TEST_F(ClusterTest, CommandsOfTheFirstTurnWaitForTheMap) {
  client_ = std::make_unique<Cluster>(context_.get_executor(), options_);
  EXPECT_FALSE(client().Connected("first"));
  EXPECT_EQ(Set("first", "v").reply->Text(), "OK");
  EXPECT_TRUE(client().Connected("first"));
}

TEST_F(ClusterTest, WhoDoesNotWaitIsAnsweredAtOnceWithoutANode) {
  client_ = std::make_unique<Cluster>(context_.get_executor(), options_);
  EXPECT_EQ(Execute({"k", Command("GET", "k")}, milliseconds(5000), {.wait_for_node = false})
                .reply.status()
                .code(),
            absl::StatusCode::kUnavailable);
}

TEST_F(ClusterTest, OneSeedThatIsThereIsEnough) {
  options_.seeds = {"127.0.0.1:1", servers().address(4), "127.0.0.1:2"};
  Make();
  EXPECT_EQ(Set("seeds", "v").reply->Text(), "OK");
}

TEST_F(ClusterTest, TooManyCommandsToANodeAreRefusedAtOnce) {
  options_.max_outstanding_per_node = 10;
  Make();
  std::vector<KeyedCommand> commands;
  for (int i = 0; i < 30; ++i) commands.push_back({"{full}", Command("INCR", "{full}")});
  const std::string other = KeyOn((servers().MasterOf(KeySlot("{full}")) + 1) % 3);
  commands.push_back({other, Command("EXISTS", other)});
  int refused = 0;
  const auto answers = ExecuteAll(std::move(commands));
  for (const ClusterAnswer& answer : answers) {
    if (answer.reply.status().code() == absl::StatusCode::kResourceExhausted) ++refused;
  }
  EXPECT_GE(refused, 20);
  EXPECT_TRUE(answers.back().reply.ok()) << "another node has room";
  EXPECT_EQ(Get("{full}").reply->Integer(), 30 - refused) << "refused means not sent";
}

// While nobody can take over from it; Redis' default would have all the others refuse their keys.
TEST_F(ClusterTest, KeysOfOtherMastersAreServedWhileAllMissOne) {
  const int master = servers().MasterOf(0);
  const int other = servers().MasterOf(kSlots - 1);
  const std::string key = KeyOn(other), gone = KeyOn(master);
  ASSERT_TRUE(Set(key, "v").reply.ok());
  servers().Kill(servers().ReplicaOf(master));
  servers().Kill(master);
  ASSERT_TRUE(base::testing::WaitUntil([&] {
    const Reply info = servers().Run(other, {"CLUSTER", "INFO"});
    return info.Text().find("cluster_slots_fail:0") == std::string_view::npos;
  }));
  // The state follows in one of the next turns of the server's clock.
  const Deadline end = Deadline::After(milliseconds(500));
  while (!end.Expired()) {
    const ClusterAnswer answer = Get(key);
    ASSERT_TRUE(answer.reply.ok()) << answer.reply.status();
    EXPECT_EQ(answer.reply->Text(), "v");
  }
  EXPECT_FALSE(Execute({gone, Command("GET", gone), true}, milliseconds(100)).reply.ok());
  for (int node = 0; node < servers().size(); ++node) servers().Start(node);
  servers().WaitUntilOk();
}

TEST_F(ClusterTest, ReplicaReadsOnlyWhenAsked) {
  Set("replica", "v");
  const int master = servers().MasterOf(KeySlot("replica"));
  const int replica = servers().ReplicaOf(master);
  const auto gets = [&](int node) {
    (void)servers().Run(node, {"PING"});
    const Reply stats = servers().Run(node, {"INFO", "commandstats"});
    return std::string(stats.Text()).find("cmdstat_get:calls=") != std::string::npos;
  };
  (void)servers().Run(replica, {"CONFIG", "RESETSTAT"});
  for (int i = 0; i < 20; ++i) (void)Get("replica");
  EXPECT_FALSE(gets(replica));
  const ClusterCallOptions from_replica{.read_from = ReadFrom::kReplica};
  EXPECT_TRUE(RunUntil([&] {
    EXPECT_EQ(Execute({"replica", Command("GET", "replica")}, milliseconds(5000), from_replica)
                  .reply->Text(),
              "v");
    return gets(replica);
  }));
  // A write that was sent to a replica by mistake goes to the master.
  EXPECT_EQ(Execute({"replica", Command("SET", "replica", "w")}, milliseconds(5000), from_replica)
                .reply->Text(),
            "OK");
}

TEST_F(ClusterTest, DestroyingTheClientFailsWhatIsUnderWay) {
  for (const bool connected : {true, false}) {
    if (!connected) client_ = std::make_unique<Cluster>(context_.get_executor(), options_);
    std::optional<std::vector<ClusterAnswer>> answers;
    std::vector<std::string> keys = {"a", "b", "c", "{a}2"};
    boost::asio::co_spawn(
        context_, client().MGet(std::move(keys), Deadline::After(milliseconds(5000))),
        [&](std::exception_ptr, std::vector<ClusterAnswer> a) { answers = std::move(a); });
    context_.restart();
    context_.poll_one();
    client_.reset();
    ASSERT_TRUE(RunUntil([&] { return answers.has_value(); }));
    for (const ClusterAnswer& answer : *answers) {
      EXPECT_EQ(answer.reply.status().code(), absl::StatusCode::kUnavailable);
    }
    Make();
  }
}

TEST_F(ClusterTest, ReactorIsTornDownWithCallsUnderWay) {
  boost::asio::io_context context;
  Cluster client(context.get_executor(), options_);
  bool answered = false;
  for (int i = 0; i < 3; ++i) {
    std::vector<std::string> keys = {"a", "b", "c"};
    boost::asio::co_spawn(context,
                          client.MGet(std::move(keys), Deadline::After(milliseconds(5000))),
                          [&](std::exception_ptr, const auto&) { answered = true; });
    while (i < 2 && !client.ready()) context.run_one();
    context.poll_one();
  }
  EXPECT_FALSE(answered);
}

TEST_F(ClusterTest, SeedsAreReadFromAList) {
  EXPECT_THAT(*ParseSeeds("a:1, b:2,:3"), ::testing::ElementsAre("a:1", "b:2", "0.0.0.0:3"));
  EXPECT_THAT(base::MessageOf(ParseSeeds("a:1,b:x").status()), ::testing::HasSubstr("'b:x'"));
  EXPECT_FALSE(ParseSeeds("").ok());
}

}  // namespace
}  // namespace trellis::redis
