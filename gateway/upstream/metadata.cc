#include "gateway/upstream/metadata.h"

#include <charconv>
#include <optional>

#include "absl/strings/escaping.h"
#include "mesh/base/ids.h"

namespace trellis::gateway {
namespace {

constexpr std::string_view kPrefix = "grpc-metadata-";
constexpr size_t kRequestIdMax = 128;
constexpr size_t kIdempotencyKeyMax = 255;

std::string ToLower(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
  }
  return lower;
}

bool IsLegalKey(std::string_view key) {
  return !key.empty() && !key.starts_with("grpc-") &&
         key.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-_.") == key.npos &&
         key != "host" && key != "te" && key != "content-type" && key != "user-agent";
}

bool IsVisible(std::string_view text) {
  for (const char c : text) {
    if (c < 0x20 || c > 0x7e) return false;
  }
  return true;
}

std::optional<uint64_t> Digits(std::string_view text) {
  uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  // The specification allows at most 8 digits.
  if (error != std::errc() || end != text.data() + text.size() || text.size() > 8) {
    return std::nullopt;
  }
  return value;
}

std::optional<base::milliseconds> ParseGrpcTimeout(std::string_view text) {
  if (text.size() < 2) return std::nullopt;
  const std::optional<uint64_t> number = Digits(text.substr(0, text.size() - 1));
  if (!number) return std::nullopt;
  const auto value = static_cast<int64_t>(*number);
  switch (text.back()) {
    case 'H':
      return base::milliseconds(value * 3'600'000);
    case 'M':
      return base::milliseconds(value * 60'000);
    case 'S':
      return base::milliseconds(value * 1000);
    case 'm':
      return base::milliseconds(value);
    case 'u':
      return base::milliseconds(value / 1000);
    case 'n':
      return base::milliseconds(value / 1'000'000);
    default:
      return std::nullopt;
  }
}

}  // namespace

Identity IdentityOf(const http::Request& request) {
  auto parent = telemetry::TraceContext::Parse(request.Find("traceparent"));
  Identity identity;
  identity.trace = parent ? parent->Child() : telemetry::TraceContext::New();
  const std::string_view given = request.Find("x-request-id");
  if (!given.empty() && given.size() <= kRequestIdMax && IsVisible(given)) {
    identity.request_id = given;
  } else {
    identity.request_id = parent ? base::NewUuidV7() : identity.trace.trace_id;
  }
  return identity;
}

absl::StatusOr<MetadataList> MetadataFrom(const http::Request& request, const Identity& identity) {
  MetadataList metadata;
  metadata.reserve(4);
  metadata.emplace_back("traceparent", identity.trace.Format());
  if (identity.request_id != identity.trace.trace_id) {
    metadata.emplace_back("x-request-id", identity.request_id);
  }
  const std::string_view state = request.Find("tracestate");
  if (!state.empty() && IsVisible(state)) metadata.emplace_back("tracestate", state);
  if (const std::string_view key = request.Find("idempotency-key"); !key.empty()) {
    if (!IsVisible(key) || key.size() > kIdempotencyKeyMax) {
      return base::InvalidField("Idempotency-Key", "must be 1-255 visible characters");
    }
    metadata.emplace_back("idempotency-key", key);
  }
  for (const http::Header& header : request.headers) {
    if (header.name.size() <= kPrefix.size()) continue;
    const std::string name = ToLower(header.name);
    if (!name.starts_with(kPrefix)) continue;
    std::string key = name.substr(kPrefix.size());
    std::string value(header.value);
    const bool binary = key.ends_with("-bin");
    if (binary && !absl::Base64Unescape(std::string(header.value), &value)) {
      return base::InvalidField(header.name, "must be base64, because its name ends in -bin");
    }
    if (!IsLegalKey(key) || (!binary && !IsVisible(value))) {
      return base::InvalidField(header.name, "cannot be sent as gRPC metadata");
    }
    metadata.emplace_back(std::move(key), std::move(value));
  }
  return metadata;
}

void AppendHeaders(const MetadataList& metadata, http::Response* response) {
  for (const auto& [key, value] : metadata) {
    const bool binary = key.ends_with("-bin");
    response->headers.emplace_back(
        "Grpc-Metadata-" + key,
        binary ? absl::Base64Escape(absl::string_view(value.data(), value.size())) : value);
  }
}

absl::StatusOr<base::Deadline> DeadlineFrom(const http::Request& request,
                                            base::milliseconds default_timeout, bool bounded) {
  base::Deadline deadline =
      bounded ? base::Deadline::After(default_timeout) : base::Deadline::Infinite();
  if (const std::string_view text = request.Find("grpc-timeout"); !text.empty()) {
    const auto timeout = ParseGrpcTimeout(text);
    if (!timeout) {
      return base::InvalidField("Grpc-Timeout", "must be at most 8 digits and one of H M S m u n");
    }
    deadline = base::Deadline::Min(deadline, base::Deadline::After(*timeout));
  }
  if (const std::string_view text = request.Find("x-timeout-ms"); !text.empty()) {
    const auto timeout = Digits(text);
    if (!timeout || *timeout == 0) {
      return base::InvalidField("X-Timeout-Ms", "must be a number of milliseconds from 1 on");
    }
    deadline = base::Deadline::Min(
        deadline, base::Deadline::After(base::milliseconds(static_cast<int64_t>(*timeout))));
  }
  return deadline;
}

}  // namespace trellis::gateway
