#ifndef SERVICES_WEATHER_LUA_SOURCES_H_
#define SERVICES_WEATHER_LUA_SOURCES_H_

// The files of lua/ as text; the definitions are generated.
namespace trellis::weather {

extern const char kAnswerLua[];
extern const char kCircuitLua[];
extern const char kClaimLua[];
extern const char kMissingLua[];
extern const char kOpenLua[];
extern const char kReleaseLua[];
extern const char kRenewLua[];
extern const char kSendLua[];
extern const char kStatsLua[];
extern const char kSweepLua[];
extern const char kTrimLua[];

}  // namespace trellis::weather

#endif  // SERVICES_WEATHER_LUA_SOURCES_H_
