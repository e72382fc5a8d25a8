#include "services/keytest/lua_scripts.h"

#include "services/keytest/lua_sources.h"

namespace trellis::keytest {

const LuaScripts& Lua() {
  static const LuaScripts scripts{
      redis::Script(kBuryKeysLua),         redis::Script(kClaimDueLua),
      redis::Script(kConfirmPublishedLua), redis::Script(kGenerateKeysLua),
      redis::Script(kReadStatusLua),       redis::Script(kRecordConsumedLua),
      redis::Script(kStartRunLua),         redis::Script(kStopRunLua),
      redis::Script(kTallyCallsLua)};
  return scripts;
}

}  // namespace trellis::keytest
