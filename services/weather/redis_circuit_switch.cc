#include "services/weather/redis_circuit_switch.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <charconv>

#include "mesh/base/sleep.h"
#include "mesh/telemetry/log.h"
#include "services/weather/lua_scripts.h"
#include "services/weather/redis_errors.h"

namespace trellis::weather {

namespace asio = boost::asio;
using base::Deadline;

namespace {

constexpr base::milliseconds kCallTimeout{2000};

}  // namespace

void RedisCircuitSwitch::Start() { asio::co_spawn(executor_, Loop(), asio::detached); }

asio::awaitable<void> RedisCircuitSwitch::Loop() {
  while (true) {
    const absl::Status looked = co_await Exchange("", Deadline::After(kCallTimeout));
    // Soon again when Redis is not there, as at the start.
    co_await base::Sleep(looked.ok() ? interval_ : interval_ / 10);
  }
}

asio::awaitable<absl::Status> RedisCircuitSwitch::Set(bool isolate, Deadline deadline) {
  std::string order = isolate ? "isolate" : "reset";
  auto exchange = Exchange(std::move(order), deadline);
  co_return co_await asio::co_spawn(executor_, std::move(exchange), asio::use_awaitable);
}

asio::awaitable<absl::Status> RedisCircuitSwitch::Exchange(std::string order, Deadline deadline) {
  redis::Command call = Lua().circuit.Call(1);
  call.Arg(key_);
  if (!order.empty()) call.Arg(order);
  const absl::StatusOr<redis::Reply> reply =
      co_await Lua().circuit.Run(client_, std::move(call), deadline);
  if (!reply.ok()) co_return ForCaller(reply.status());
  Follow(reply->Text());
  co_return absl::OkStatus();
}

void RedisCircuitSwitch::Follow(std::string_view order) {
  int64_t version = 0;
  const auto [end, error] = std::from_chars(order.data(), order.data() + order.size(), version);
  if (error != std::errc() || version <= version_) return;
  const std::string_view action(end, static_cast<size_t>(order.data() + order.size() - end));
  if (action != " isolate" && action != " reset") return;
  version_ = version;
  const bool isolate = action == " isolate";
  telemetry::Log(telemetry::Level::kWarn, isolate ? "circuit isolated" : "circuit reset",
                 {{"order", version}});
  isolate ? breaker_.Isolate() : breaker_.Reset();
}

}  // namespace trellis::weather
