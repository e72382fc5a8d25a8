#ifndef SERVICES_KEYTEST_EVENT_CODEC_H_
#define SERVICES_KEYTEST_EVENT_CODEC_H_

#include <optional>
#include <string>
#include <string_view>

#include "services/keytest/event_stream.h"

namespace trellis::keytest {

// An event as text, the same for every broker: "gen-key:<n> <run id> <due ms>". It begins with the
// key's name, as the message of one who knows nothing of runs would.
[[nodiscard]] std::string EncodeEvent(const Event& event);
// Nothing for what is no event.
[[nodiscard]] std::optional<Event> DecodeEvent(std::string_view text);

// The number of a generated key's name, "gen-key:<n>"; nothing for another key.
[[nodiscard]] std::optional<int64_t> KeyNumber(std::string_view name);

}  // namespace trellis::keytest

#endif  // SERVICES_KEYTEST_EVENT_CODEC_H_
