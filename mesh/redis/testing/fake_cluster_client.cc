#include "mesh/redis/testing/fake_cluster_client.h"

#include <algorithm>
#include <cctype>
#include <charconv>

#include "mesh/redis/key_slot.h"

namespace trellis::redis::testing {
namespace {

using base::MakeStatus;
using base::milliseconds;

Reply FromResp(const std::string& bytes) { return *Reply::FromResp(bytes); }

std::string Bulk(std::string_view text) {
  return "$" + std::to_string(text.size()) + "\r\n" + std::string(text) + "\r\n";
}

std::string Upper(std::string text) {
  for (char& c : text) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return text;
}

int64_t Number(const std::string& text) {
  int64_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

absl::Status SyntaxError() { return StatusFromError("ERR syntax error"); }

bool OneSlot(std::vector<std::string>::const_iterator first,
             std::vector<std::string>::const_iterator last) {
  return std::all_of(first, last,
                     [&](const std::string& key) { return KeySlot(key) == KeySlot(*first); });
}

}  // namespace

Reply RespString(std::string_view text) { return FromResp(Bulk(text)); }
Reply RespInteger(int64_t number) { return FromResp(":" + std::to_string(number) + "\r\n"); }
Reply RespNil() { return FromResp("$-1\r\n"); }

Reply RespArray(const std::vector<std::optional<std::string>>& texts) {
  std::string bytes = "*" + std::to_string(texts.size()) + "\r\n";
  for (const auto& text : texts) bytes += text ? Bulk(*text) : "$-1\r\n";
  return FromResp(bytes);
}

boost::asio::awaitable<ClusterAnswer> FakeClusterClient::Execute(KeyedCommand command,
                                                                 base::Deadline deadline,
                                                                 ClusterCallOptions /*options*/) {
  ++calls_;
  co_return co_await One(std::move(command.key), std::move(command.command), deadline);
}

boost::asio::awaitable<std::vector<ClusterAnswer>> FakeClusterClient::ExecuteAll(
    std::vector<KeyedCommand> commands, base::Deadline deadline, ClusterCallOptions /*options*/) {
  ++calls_;
  std::vector<ClusterAnswer> answers;
  for (KeyedCommand& command : commands) {
    ClusterAnswer answer =
        co_await One(std::move(command.key), std::move(command.command), deadline);
    answers.push_back(std::move(answer));
  }
  co_return answers;
}

boost::asio::awaitable<std::vector<ClusterAnswer>> FakeClusterClient::MGet(
    std::vector<std::string> keys, base::Deadline deadline, ClusterCallOptions /*options*/) {
  ++calls_;
  std::vector<ClusterAnswer> answers;
  for (std::string& key : keys) {
    Command get("GET", key);
    ClusterAnswer answer = co_await One(std::move(key), std::move(get), deadline);
    answers.push_back(std::move(answer));
  }
  co_return answers;
}

bool FakeClusterClient::Connected(std::string_view key) const { return !away_ || !away_(key); }

boost::asio::awaitable<ClusterAnswer> FakeClusterClient::One(std::string key, Command command,
                                                             base::Deadline deadline) {
  std::string wire;
  command.AppendTo(&wire);
  const Reply parsed = FromResp(wire);
  Arguments arguments;
  for (size_t i = 0; i < parsed.size(); ++i) arguments.emplace_back(parsed[i].Text());
  commands_.push_back(arguments);
  if (deadline.Expired()) {
    co_return ClusterAnswer{
        MakeStatus(absl::StatusCode::kDeadlineExceeded, "expired before the call"), 0};
  }
  if (before_) {
    absl::Status status = co_await before_(arguments);
    if (!status.ok()) co_return ClusterAnswer{std::move(status), 0};
  }
  if (!Connected(key)) {
    co_return ClusterAnswer{MakeStatus(absl::StatusCode::kUnavailable, "redis: away"), 0};
  }
  absl::StatusOr<Reply> reply = Run(arguments);
  if (after_) {
    absl::Status status = co_await after_(arguments);
    if (!status.ok()) co_return ClusterAnswer{std::move(status), 0};
  }
  co_return ClusterAnswer{std::move(reply), incarnation_(key)};
}

void FakeClusterClient::set_script(const Script& script, ScriptHandler handler) {
  scripts_[script.sha1()] = std::move(handler);
}

std::optional<std::string> FakeClusterClient::Get(const std::string& key) {
  const auto found = data_.find(key);
  if (found == data_.end()) return std::nullopt;
  if (found->second.expires && *found->second.expires <= now_()) {
    data_.erase(found);
    return std::nullopt;
  }
  return found->second.text;
}

void FakeClusterClient::Set(const std::string& key, std::string value, milliseconds ttl) {
  Value& stored = data_[key];
  stored.text = std::move(value);
  stored.expires.reset();
  if (ttl > milliseconds(0)) stored.expires = now_() + ttl;
}

bool FakeClusterClient::Delete(const std::string& key) {
  const bool there = Get(key).has_value();
  data_.erase(key);
  return there;
}

std::optional<milliseconds> FakeClusterClient::TimeToLive(const std::string& key) {
  const auto found = data_.find(key);
  if (found == data_.end() || !found->second.expires) return std::nullopt;
  return std::chrono::duration_cast<milliseconds>(*found->second.expires - now_());
}

absl::StatusOr<Reply> FakeClusterClient::Run(const Arguments& arguments) {
  const std::string name = Upper(arguments[0]);
  if (name == "EVALSHA") return RunScript(arguments);
  if (arguments.size() < 2) return SyntaxError();
  if (name == "SET") return RunSet(arguments);
  if (name == "GET") {
    const std::optional<std::string> value = Get(arguments[1]);
    return value ? RespString(*value) : RespNil();
  }
  if (name == "PEXPIRE" && arguments.size() == 3) {
    const std::optional<std::string> value = Get(arguments[1]);
    if (!value) return RespInteger(0);
    Set(arguments[1], *value, milliseconds(Number(arguments[2])));
    return RespInteger(1);
  }
  if (name != "MGET" && name != "DEL" && name != "EXISTS") {
    return StatusFromError("ERR unknown command '" + arguments[0] + "'");
  }
  if (!OneSlot(arguments.begin() + 1, arguments.end())) {
    return StatusFromError("CROSSSLOT Keys in request don't hash to the same slot");
  }
  std::vector<std::optional<std::string>> values;
  int64_t count = 0;
  for (size_t i = 1; i < arguments.size(); ++i) {
    values.push_back(Get(arguments[i]));
    count += values.back() ? 1 : 0;
    if (name == "DEL") Delete(arguments[i]);
  }
  if (name == "MGET") return RespArray(values);
  return RespInteger(count);
}

absl::StatusOr<Reply> FakeClusterClient::RunSet(const Arguments& arguments) {
  if (arguments.size() < 3) return SyntaxError();
  milliseconds ttl{};
  const bool there = Get(arguments[1]).has_value();
  bool wanted = true;
  for (size_t i = 3; i < arguments.size(); ++i) {
    const std::string option = Upper(arguments[i]);
    const bool has_value = i + 1 < arguments.size();
    if (option == "NX") {
      wanted = !there;
    } else if (option == "XX") {
      wanted = there;
    } else if (option == "PX" && has_value) {
      ttl = milliseconds(Number(arguments[++i]));
    } else if (option == "EX" && has_value) {
      ttl = milliseconds(1000 * Number(arguments[++i]));
    } else {
      return SyntaxError();
    }
  }
  if (!wanted) return RespNil();
  Set(arguments[1], arguments[2], ttl);
  return FromResp("+OK\r\n");
}

absl::StatusOr<Reply> FakeClusterClient::RunScript(const Arguments& arguments) {
  if (arguments.size() < 3) return SyntaxError();
  const auto handler = scripts_.find(arguments[1]);
  if (handler == scripts_.end()) return StatusFromError("NOSCRIPT No matching script.");
  const int64_t key_count = Number(arguments[2]);
  const auto keys = arguments.begin() + 3;
  if (key_count < 0 || key_count > arguments.end() - keys) return SyntaxError();
  if (!OneSlot(keys, keys + key_count)) {
    return StatusFromError("CROSSSLOT Keys in request don't hash to the same slot");
  }
  return handler->second(Arguments(keys, keys + key_count),
                         Arguments(keys + key_count, arguments.end()));
}

}  // namespace trellis::redis::testing
