#ifndef SERVICES_WEATHER_ASYNC_H_
#define SERVICES_WEATHER_ASYNC_H_

#include <boost/asio/awaitable.hpp>

#include "mesh/base/clock.h"
#include "mesh/base/status.h"

namespace trellis::weather {

using base::milliseconds;

template <typename T>
using Async = boost::asio::awaitable<absl::StatusOr<T>>;

}  // namespace trellis::weather

#endif  // SERVICES_WEATHER_ASYNC_H_
