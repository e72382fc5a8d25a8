#ifndef SERVICES_ORDER_LUA_SOURCES_H_
#define SERVICES_ORDER_LUA_SOURCES_H_

// The files of lua/ as text; the definitions are generated.
namespace trellis::order {

extern const char kClaimNotificationLua[];
extern const char kForgetReservationLua[];
extern const char kReadTracesLua[];
extern const char kRecordNotificationLua[];
extern const char kReleaseLua[];
extern const char kReserveLua[];
extern const char kRememberOrdersLua[];
extern const char kRestoreNotificationLua[];
extern const char kRestoreReservationLua[];

}  // namespace trellis::order

#endif  // SERVICES_ORDER_LUA_SOURCES_H_
