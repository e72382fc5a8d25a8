#ifndef SERVICES_ENQUEUE_LUA_SCRIPTS_H_
#define SERVICES_ENQUEUE_LUA_SCRIPTS_H_

#include "mesh/redis/script.h"

namespace trellis::enqueue {

// The scripts of lua/, each with common.lua in front where it needs it. What goes in and out of
// each is said at its top. Immutable; safe to share between threads.
struct LuaScripts {
  redis::Script enqueue, claim, complete, fail, release, tick, take_over, leave, reconcile;
  redis::Script inspect, list, stats, dead;
};

[[nodiscard]] const LuaScripts& Lua();

}  // namespace trellis::enqueue

#endif  // SERVICES_ENQUEUE_LUA_SCRIPTS_H_
