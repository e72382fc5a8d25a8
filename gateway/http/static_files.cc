#include "gateway/http/static_files.h"

#include <openssl/sha.h>

#include <array>

#include "absl/status/status.h"
#include "gateway/transcoding/error_json.h"

namespace trellis::gateway {
namespace {

// 128 bits of the content's SHA-256: the same on every instance.
std::string EntityTag(std::string_view content) {
  std::array<unsigned char, SHA256_DIGEST_LENGTH> digest{};
  SHA256(reinterpret_cast<const unsigned char*>(content.data()), content.size(), digest.data());
  constexpr char kHex[] = "0123456789abcdef";
  std::string tag = "\"";
  for (size_t i = 0; i < 16; ++i) {
    tag.push_back(kHex[digest[i] >> 4]);
    tag.push_back(kHex[digest[i] & 0xf]);
  }
  return tag + "\"";
}

// Whether an If-None-Match names the tag. Tags have no commas, so a plain search finds them.
bool Names(std::string_view if_none_match, std::string_view etag) {
  return if_none_match == "*" || if_none_match.find(etag) != std::string_view::npos;
}

}  // namespace

void StaticFiles::Add(const std::string& path, Content content) {
  std::string etag = EntityTag(content.body);
  entries_[path] = {200, std::move(content), std::move(etag), "no-cache"};
}

void StaticFiles::AddImmutable(const std::string& path, Content content) {
  Add(path, std::move(content));
  entries_[path].cache_control = "public, max-age=31536000, immutable";
}

void StaticFiles::AddStatus(const std::string& path, int status, Content content) {
  entries_[path] = {status, std::move(content), "", "no-store"};
}

bool StaticFiles::Answer(const http::Request& request, http::Response* response) const {
  const auto at = entries_.find(std::string(request.path));
  if (at == entries_.end()) return false;
  const Entry& entry = at->second;
  if (request.method != "GET" && request.method != "HEAD") {
    response->status = 405;
    response->headers.emplace_back("Allow", "GET, HEAD");
    response->body =
        ErrorJson(absl::StatusCode::kUnimplemented, "this path takes GET, HEAD", nullptr) + "\n";
    return true;
  }
  response->status = entry.status;
  response->content_type = entry.content.type;
  response->headers = entry.content.headers;
  response->headers.emplace_back("X-Content-Type-Options", "nosniff");
  response->headers.emplace_back("Cache-Control", entry.cache_control);
  if (!entry.etag.empty()) {
    response->headers.emplace_back("ETag", entry.etag);
    if (Names(request.Find("if-none-match"), entry.etag)) {
      response->status = 304;
      return true;
    }
  }
  response->body = entry.content.body;
  return true;
}

std::string_view ContentTypeOfFile(std::string_view name) {
  constexpr std::pair<std::string_view, std::string_view> kTypes[] = {
      {".html", "text/html; charset=utf-8"},
      {".css", "text/css; charset=utf-8"},
      {".js", "text/javascript; charset=utf-8"},
      {".json", "application/json"},
      {".txt", "text/plain; charset=utf-8"},
      {".png", "image/png"},
      {".svg", "image/svg+xml"},
      {".woff2", "font/woff2"},
      {"LICENSE", "text/plain; charset=utf-8"},
      {"NOTICE", "text/plain; charset=utf-8"},
  };
  for (const auto& [ending, type] : kTypes) {
    if (name.ends_with(ending)) return type;
  }
  return "application/octet-stream";
}

}  // namespace trellis::gateway
