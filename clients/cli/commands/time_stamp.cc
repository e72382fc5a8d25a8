#include "clients/cli/commands/time_stamp.h"

#include <google/protobuf/util/time_util.h>

#include "clients/cli/duration.h"

namespace trellis::cli {

using google::protobuf::util::TimeUtil;

base::WallTime TimeOf(const google::protobuf::Timestamp& stamp) {
  return base::FromUnixMillis(TimeUtil::TimestampToMilliseconds(stamp));
}

std::string Between(base::WallTime from, base::WallTime to) {
  return FormatDuration(std::chrono::duration_cast<base::milliseconds>(to - from));
}

std::string StampInWords(base::WallTime time, base::WallTime now) {
  return FormatTime(time) +
         (time > now ? " (in " + Between(now, time) + ")" : " (" + Between(time, now) + " ago)");
}

}  // namespace trellis::cli
