#ifndef SERVICES_ORDER_ORDER_H_
#define SERVICES_ORDER_ORDER_H_

#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "mesh/base/clock.h"
#include "mesh/base/status.h"

namespace trellis::order {

template <typename T>
using Async = boost::asio::awaitable<absl::StatusOr<T>>;

enum class Status { kReceived, kReserved, kRejected, kNotified, kCancelled };
// "received", "reserved", ...: as in Postgres and on the dashboard.
[[nodiscard]] const char* StatusName(Status status);
[[nodiscard]] Status StatusFromName(std::string_view name);
inline constexpr Status kAllStatuses[] = {Status::kReceived, Status::kReserved, Status::kRejected,
                                          Status::kNotified, Status::kCancelled};

struct Order {
  std::string id;
  std::string sku;
  int32_t qty = 0;
  Status status = Status::kReceived;
  std::string reason = {};  // of a rejection
  base::WallTime received_at = {};
  std::optional<base::WallTime> reserved_at = {};
  std::optional<base::WallTime> rejected_at = {};
  std::optional<base::WallTime> notified_at = {};
  std::optional<base::WallTime> cancelled_at = {};
};

// An order as it comes in, with the trace that it belongs to.
struct NewOrder {
  std::string id;
  std::string sku;
  int32_t qty = 0;
  std::string idempotency_key = {};  // empty: none
  std::string request_id = {};
  std::string traceparent = {};
};

// A message of an accepted order that is to be published.
struct OutboxRow {
  int64_t id = 0;
  std::string order_id;
  std::string body;
  std::string request_id;
  std::string traceparent;
  // When it was written, by this process' clock: now for a row of our own; for a row that was
  // claimed, its age at Postgres' clock before now, so that clocks need not agree.
  base::SteadyTime written_at = std::chrono::steady_clock::now();
};

inline constexpr int32_t kMaxQty = 1'000'000;

// What Redis remembers of an order: longer than any message of it can be on its way.
inline constexpr base::milliseconds kRememberOrders = std::chrono::hours(24 * 14);

// 1-64 of [A-Za-z0-9._-].
[[nodiscard]] bool IsId(std::string_view text);

}  // namespace trellis::order

#endif  // SERVICES_ORDER_ORDER_H_
