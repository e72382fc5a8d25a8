#include "services/weather/lua_scripts.h"

#include "services/weather/lua_sources.h"

namespace trellis::weather {

const LuaScripts& Lua() {
  static const LuaScripts scripts{
      redis::Script(kAnswerLua),  redis::Script(kCircuitLua), redis::Script(kClaimLua),
      redis::Script(kMissingLua), redis::Script(kOpenLua),    redis::Script(kReleaseLua),
      redis::Script(kRenewLua),   redis::Script(kSendLua),    redis::Script(kStatsLua),
      redis::Script(kSweepLua),   redis::Script(kTrimLua)};
  return scripts;
}

}  // namespace trellis::weather
