#include "services/post/testing/post_scripts.h"

#include <charconv>

#include "services/post/generation_record.h"
#include "services/post/lua_sources.h"

namespace trellis::post::testing {
namespace {

using base::milliseconds;
using redis::Reply;
using redis::testing::FakeClusterClient;
using redis::testing::RespArray;
using redis::testing::RespInteger;
using redis::testing::RespString;
using Arguments = FakeClusterClient::Arguments;

int64_t Number(std::string_view text) {
  int64_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

milliseconds Time(const std::string& text) { return milliseconds(Number(text)); }

// "version stamp kind...".
struct Entry {
  explicit Entry(const std::optional<std::string>& text) {
    if (!text) return;
    const size_t first = text->find(' '), second = text->find(' ', first + 1);
    version = Number(*text);
    stamp = text->substr(first + 1, second - first - 1);
    kind = (*text)[second + 1];
  }
  int64_t version = -1;
  std::string stamp;
  char kind = 0;
};

class Scripts {
 public:
  explicit Scripts(FakeClusterClient& cluster) : cluster_(cluster) {}

  Reply AnnounceGeneration(const Arguments& keys, const Arguments& args) {
    const auto text = cluster_.Get(keys[0]);
    GenerationRecord record = ParseGenerationRecord(text.value_or(""));
    if (text && record.generation >= Number(args[0])) return RespInteger(0);
    record.generation = Number(args[0]);
    record.nonce = args[1];
    cluster_.Set(keys[0], record.Format(), Time(args[2]));
    return RespInteger(1);
  }
  Reply AnnounceObject(const Arguments& keys, const Arguments& args) {
    if (Entry(cluster_.Get(keys[0])).version >= Number(args[0])) return RespInteger(0);
    cluster_.Set(keys[0], args[0] + " 0 p" + args[1], Time(args[2]));
    return RespInteger(1);
  }
  Reply CaptureObject(const Arguments& keys, const Arguments& args) {
    const auto text = cluster_.Get(keys[0]);
    const Entry entry(text);
    if (entry.kind == 'p' || (entry.kind == 'o' && entry.stamp == args[0])) {
      return RespString(*text);
    }
    const std::string made = std::to_string(std::max<int64_t>(entry.version, 0)) + " 0 p" + args[1];
    cluster_.Set(keys[0], made, Time(args[2]));
    return RespString(made);
  }
  Reply FillObject(const Arguments& keys, const Arguments& args) {
    if (cluster_.Get(keys[0]) != args[0]) return RespInteger(0);
    cluster_.Set(keys[0], args[1], Time(args[2]));
    return RespInteger(1);
  }
  Reply PutListedObject(const Arguments& keys, const Arguments& args) {
    const Entry entry(cluster_.Get(keys[0]));
    const int64_t wanted = Number(args[0]);
    if (entry.version > wanted || (entry.version == wanted && entry.kind == 'o')) {
      return RespInteger(0);
    }
    cluster_.Set(keys[0], args[1], Time(args[2]));
    return RespInteger(1);
  }
  Reply LeasePage(const Arguments& keys, const Arguments& args) {
    std::optional<std::string> record = cluster_.Get(keys[0]);
    if (!record) {
      record = "0 0 " + args[0];
      cluster_.Set(keys[0], *record, Time(args[2]));
    }
    const bool granted = !cluster_.Get(keys[1]);
    if (granted) cluster_.Set(keys[1], args[0], Time(args[1]));
    return Pair(*record, granted ? 1 : 0);
  }
  Reply FillPage(const Arguments& keys, const Arguments& args) {
    std::optional<std::string> record = cluster_.Get(keys[0]);
    const bool same = record && record->starts_with(args[2]);
    if (cluster_.Get(keys[2]) == args[6]) cluster_.Delete(keys[2]);
    if (!same) {
      if (record != args[0] && args[7] == "1") return RespInteger(0);
      record = args[1];
    }
    cluster_.Set(keys[0], *record, Time(args[5]));
    cluster_.Set(keys[1], args[3], Time(args[4]));
    return RespInteger(1);
  }
  Reply ReleasePage(const Arguments& keys, const Arguments& args) {
    if (cluster_.Get(keys[0]) == args[0]) cluster_.Delete(keys[0]);
    return RespInteger(1);
  }

 private:
  static Reply Pair(const std::string& text, int number) {
    return *Reply::FromResp("*2\r\n$" + std::to_string(text.size()) + "\r\n" + text +
                            "\r\n:" + std::to_string(number) + "\r\n");
  }

  FakeClusterClient& cluster_;
};

}  // namespace

void AddPostScripts(FakeClusterClient& cluster) {
  const auto scripts = std::make_shared<Scripts>(cluster);
  const auto add = [&](const char* source,
                       Reply (Scripts::*run)(const Arguments&, const Arguments&)) {
    cluster.set_script(redis::Script(source),
                       [scripts, run](const Arguments& keys, const Arguments& args) {
                         return ((*scripts).*run)(keys, args);
                       });
  };
  add(kAnnounceGenerationLua, &Scripts::AnnounceGeneration);
  add(kAnnounceObjectLua, &Scripts::AnnounceObject);
  add(kCaptureObjectLua, &Scripts::CaptureObject);
  add(kFillObjectLua, &Scripts::FillObject);
  add(kPutListedObjectLua, &Scripts::PutListedObject);
  add(kLeasePageLua, &Scripts::LeasePage);
  add(kFillPageLua, &Scripts::FillPage);
  add(kReleasePageLua, &Scripts::ReleasePage);
}

}  // namespace trellis::post::testing
