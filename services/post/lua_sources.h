#ifndef SERVICES_POST_LUA_SOURCES_H_
#define SERVICES_POST_LUA_SOURCES_H_

// The files of lua/ as text; the definitions are generated.
namespace trellis::post {

extern const char kAnnounceGenerationLua[];
extern const char kAnnounceObjectLua[];
extern const char kCaptureObjectLua[];
extern const char kFillObjectLua[];
extern const char kFillPageLua[];
extern const char kLeasePageLua[];
extern const char kPutListedObjectLua[];
extern const char kReleasePageLua[];

}  // namespace trellis::post

#endif  // SERVICES_POST_LUA_SOURCES_H_
