#ifndef CLIENTS_CLI_DURATION_H_
#define CLIENTS_CLI_DURATION_H_

#include <optional>
#include <string>
#include <string_view>

#include "mesh/base/clock.h"

namespace trellis::cli {

inline constexpr char kDurationForm[] = "a duration such as 250ms, 5s, 2m or 1h";

// A whole number and its unit: ms, s, m or h. A bare number is refused: nobody can tell its unit.
[[nodiscard]] std::optional<base::milliseconds> ParseDuration(std::string_view text);

// For people, to two units: 250ms, 12s, 3m12s, 2h5m, 4d3h. Negative is "0s".
[[nodiscard]] std::string FormatDuration(base::milliseconds duration);

// In UTC: 2026-01-31T12:00:00Z.
[[nodiscard]] std::string FormatTime(base::WallTime time);

}  // namespace trellis::cli

#endif  // CLIENTS_CLI_DURATION_H_
