#ifndef SERVICES_KEYTEST_LUA_SCRIPTS_H_
#define SERVICES_KEYTEST_LUA_SCRIPTS_H_

#include "mesh/redis/script.h"

namespace trellis::keytest {

// The scripts of lua/. What goes in and out of each is said at its top. Immutable; safe to share
// between threads.
struct LuaScripts {
  redis::Script bury, claim, confirm, generate, read, record, start, stop, tally;
};

[[nodiscard]] const LuaScripts& Lua();

// The keys that they work on, all of one Redis.
inline constexpr char kRunKey[] = "keytest:run";              // HASH
inline constexpr char kDeadlinesKey[] = "keytest:deadlines";  // ZSET n -> when it is due
// Those of them that were claimed: ZSET n -> when to look again.
inline constexpr char kClaimedKey[] = "keytest:claimed";
inline constexpr char kClaimsKey[] = "keytest:claims";      // HASH n -> "times published, due"
inline constexpr char kLatenessKey[] = "keytest:lateness";  // HASH bound in ms -> count
inline constexpr char kLeaseKey[] = "keytest:generator";    // who writes keys
inline constexpr char kGeneratedKey[] = "metrics:generated";
inline constexpr char kConsumedKey[] = "metrics:consumed";
inline constexpr char kDeadKey[] = "metrics:dead";
// A channel: keys are pending where none were.
inline constexpr char kWakeChannel[] = "keytest:wake";

}  // namespace trellis::keytest

#endif  // SERVICES_KEYTEST_LUA_SCRIPTS_H_
