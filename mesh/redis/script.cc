#include "mesh/redis/script.h"

#include <openssl/sha.h>

namespace trellis::redis {
namespace {

std::string Sha1Hex(std::string_view text) {
  unsigned char digest[SHA_DIGEST_LENGTH];
  SHA1(reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest);
  constexpr char kHex[] = "0123456789abcdef";
  std::string hex;
  for (const unsigned char byte : digest) {
    hex.push_back(kHex[byte >> 4]);
    hex.push_back(kHex[byte & 0xf]);
  }
  return hex;
}

}  // namespace

Script::Script(std::string source) : source_(std::move(source)), sha1_(Sha1Hex(source_)) {}

boost::asio::awaitable<absl::StatusOr<Reply>> Script::Run(Client& client, Command call,
                                                          base::Deadline deadline) const {
  absl::StatusOr<Reply> reply = co_await client.Execute(call, deadline);
  if (reply.status().code() != absl::StatusCode::kNotFound) co_return reply;
  Command load("SCRIPT", "LOAD", source_);
  absl::StatusOr<Reply> loaded = co_await client.Execute(std::move(load), deadline);
  if (!loaded.ok()) co_return loaded;
  co_return co_await client.Execute(std::move(call), deadline);
}

}  // namespace trellis::redis
