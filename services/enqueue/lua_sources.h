#ifndef SERVICES_ENQUEUE_LUA_SOURCES_H_
#define SERVICES_ENQUEUE_LUA_SOURCES_H_

// The files of lua/ as text; the definitions are generated.
namespace trellis::enqueue {

extern const char kClaimLua[];
extern const char kCommonLua[];
extern const char kCompleteLua[];
extern const char kDeadLua[];
extern const char kEnqueueLua[];
extern const char kFailLua[];
extern const char kInspectLua[];
extern const char kLeaveLua[];
extern const char kListLua[];
extern const char kReconcileLua[];
extern const char kReleaseLua[];
extern const char kStatsLua[];
extern const char kTakeOverLua[];
extern const char kTickLua[];

}  // namespace trellis::enqueue

#endif  // SERVICES_ENQUEUE_LUA_SOURCES_H_
