#ifndef SERVICES_WEATHER_LUA_SCRIPTS_H_
#define SERVICES_WEATHER_LUA_SCRIPTS_H_

#include "mesh/redis/script.h"

namespace trellis::weather {

// The scripts of lua/. What goes in and out of each is said at its top. Immutable; safe to share
// between threads.
struct LuaScripts {
  redis::Script answer, circuit, claim, missing, open, release, renew, send, stats, sweep, trim;
};

[[nodiscard]] const LuaScripts& Lua();

}  // namespace trellis::weather

#endif  // SERVICES_WEATHER_LUA_SCRIPTS_H_
