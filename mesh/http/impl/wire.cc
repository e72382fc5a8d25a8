#include "mesh/http/impl/wire.h"

#include <algorithm>
#include <charconv>

namespace trellis::http::impl {
namespace {

std::string_view Reason(int status) {
  switch (status) {
    case 200:
      return "OK";
    case 204:
      return "No Content";
    case 304:
      return "Not Modified";
    case 308:
      return "Permanent Redirect";
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 408:
      return "Request Timeout";
    case 409:
      return "Conflict";
    case 413:
      return "Content Too Large";
    case 415:
      return "Unsupported Media Type";
    case 429:
      return "Too Many Requests";
    case 431:
      return "Request Header Fields Too Large";
    case 499:
      return "Client Closed Request";
    case 500:
      return "Internal Server Error";
    case 501:
      return "Not Implemented";
    case 503:
      return "Service Unavailable";
    case 504:
      return "Gateway Timeout";
    default:
      return "Status";
  }
}

void AppendNumber(uint64_t number, int base, std::string* out) {
  char digits[24];
  const auto [end, error] = std::to_chars(digits, digits + sizeof(digits), number, base);
  out->append(digits, end);
}

void AppendValue(std::string_view value, std::string* out) {
  for (const char c : value) {
    if (c != '\r' && c != '\n') out->push_back(c);
  }
}

// The canonical code that stands for an HTTP status of the server's own.
int CodeOf(int status) {
  if (status == 408) return 4;   // DEADLINE_EXCEEDED
  if (status == 501) return 12;  // UNIMPLEMENTED
  if (status == 503) return 14;  // UNAVAILABLE
  if (status >= 500) return 13;  // INTERNAL
  return 3;                      // INVALID_ARGUMENT
}

}  // namespace

std::string Head(const Response& response, bool chunked, bool keep_alive) {
  std::string head;
  head.reserve(256);
  head.append("HTTP/1.1 ");
  AppendNumber(static_cast<uint64_t>(response.status), 10, &head);
  head.append(" ").append(Reason(response.status)).append("\r\nContent-Type: ");
  AppendValue(response.content_type, &head);
  if (chunked) {
    head.append("\r\nTransfer-Encoding: chunked\r\n");
  } else if (response.status == 204 || response.status == 304) {
    head.append("\r\n");  // has no body, whatever a length would say (RFC 9110, 8.6)
  } else {
    head.append("\r\nContent-Length: ");
    AppendNumber(response.body.size(), 10, &head);
    head.append("\r\n");
  }
  for (const auto& [name, value] : response.headers) {
    AppendValue(name, &head);
    head.append(": ");
    AppendValue(value, &head);
    head.append("\r\n");
  }
  if (!keep_alive) head.append("Connection: close\r\n");
  head.append("\r\n");
  return head;
}

Response ErrorResponse(int http_status, std::string_view message) {
  Response response;
  response.status = http_status;
  response.body = "{\"code\":" + std::to_string(CodeOf(http_status)) + ",\"message\":\"";
  response.body.append(message).append("\",\"details\":[]}\n");
  return response;
}

std::string Chunk(std::string_view bytes) {
  std::string chunk;
  chunk.reserve(bytes.size() + 16);
  AppendNumber(bytes.size(), 16, &chunk);
  chunk.append("\r\n").append(bytes).append("\r\n");
  return chunk;
}

bool SplitTarget(std::string_view target, std::string_view* path, std::string_view* query) {
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (!EqualsIgnoreCase(target.substr(0, scheme.size()), scheme)) continue;
    const size_t rest = target.find_first_of("/?", scheme.size());
    if (rest == scheme.size()) return false;  // no authority
    target.remove_prefix(std::min(rest, target.size()));
    if (target.empty() || target[0] == '?') {
      *path = "/";
      *query = target.substr(std::min<size_t>(1, target.size()));
      return true;
    }
    break;
  }
  if (target != "*" && !target.starts_with('/')) return false;
  const size_t question = target.find('?');
  *path = target.substr(0, question);
  *query = question == target.npos ? std::string_view() : target.substr(question + 1);
  return true;
}

bool EqualsIgnoreCase(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  for (size_t i = 0; i < a.size(); ++i) {
    const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
    if (lower(a[i]) != lower(b[i])) return false;
  }
  return true;
}

}  // namespace trellis::http::impl
