#ifndef SERVICES_KEYTEST_STREAM_SETTINGS_H_
#define SERVICES_KEYTEST_STREAM_SETTINGS_H_

#include <memory>
#include <string>

#include "mesh/base/options.h"
#include "services/keytest/event_stream.h"

namespace trellis::keytest {

// Which broker carries the events, and where it is.
struct StreamSettings {
  std::string kind = "rabbitmq";
  std::string rabbitmq_urls = "amqp://guest:guest@127.0.0.1:5672/";
  std::string nats_url = "nats://127.0.0.1:4222";
  int prefetch = 1024;

  void AddTo(base::OptionTable& table);
  // Not started. The error names the setting.
  [[nodiscard]] absl::StatusOr<std::unique_ptr<EventStream>> Make(const std::string& name) const;
};

}  // namespace trellis::keytest

#endif  // SERVICES_KEYTEST_STREAM_SETTINGS_H_
