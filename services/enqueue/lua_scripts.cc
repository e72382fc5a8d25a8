#include "services/enqueue/lua_scripts.h"

#include "services/enqueue/lua_sources.h"

namespace trellis::enqueue {
namespace {

redis::Script WithCommon(const char* source) {
  return redis::Script(std::string(kCommonLua) + source);
}

}  // namespace

const LuaScripts& Lua() {
  static const LuaScripts scripts{
      redis::Script(kEnqueueLua), WithCommon(kClaimLua),   WithCommon(kCompleteLua),
      WithCommon(kFailLua),       WithCommon(kReleaseLua), WithCommon(kTickLua),
      WithCommon(kTakeOverLua),   WithCommon(kLeaveLua),   WithCommon(kReconcileLua),
      WithCommon(kInspectLua),    WithCommon(kListLua),    WithCommon(kStatsLua),
      WithCommon(kDeadLua)};
  return scripts;
}

}  // namespace trellis::enqueue
