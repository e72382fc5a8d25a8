#ifndef SERVICES_KEYTEST_LUA_SOURCES_H_
#define SERVICES_KEYTEST_LUA_SOURCES_H_

// The files of lua/ as text; the definitions are generated.
namespace trellis::keytest {

extern const char kBuryKeysLua[];
extern const char kClaimDueLua[];
extern const char kConfirmPublishedLua[];
extern const char kGenerateKeysLua[];
extern const char kReadStatusLua[];
extern const char kRecordConsumedLua[];
extern const char kStartRunLua[];
extern const char kStopRunLua[];
extern const char kTallyCallsLua[];

}  // namespace trellis::keytest

#endif  // SERVICES_KEYTEST_LUA_SOURCES_H_
