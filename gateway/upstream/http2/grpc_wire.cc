#include "gateway/upstream/http2/grpc_wire.h"

#include <nghttp2/nghttp2.h>

#include <charconv>

#include "absl/strings/escaping.h"
#include "mesh/rpc/status.h"

namespace trellis::gateway::http2 {
namespace {

constexpr size_t kPrefixBytes = 5;

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

size_t LengthOf(std::string_view prefix) {
  size_t length = 0;
  for (size_t i = 1; i < kPrefixBytes; ++i) {
    length = length << 8 | static_cast<unsigned char>(prefix[i]);
  }
  return length;
}

}  // namespace

std::string EncodeMessage(const google::protobuf::Message& message) {
  const size_t size = message.ByteSizeLong();
  std::string bytes(kPrefixBytes + size, '\0');
  for (size_t i = 1; i < kPrefixBytes; ++i) {
    bytes[i] = static_cast<char>(size >> 8 * (kPrefixBytes - 1 - i) & 0xff);
  }
  message.SerializeWithCachedSizesToArray(reinterpret_cast<uint8_t*>(bytes.data() + kPrefixBytes));
  return bytes;
}

std::string EncodeTimeout(base::milliseconds time) {
  constexpr int64_t kMax = 99'999'999;
  const int64_t ms = std::max<int64_t>(time.count(), 1);
  if (ms <= kMax) return std::to_string(ms) + "m";
  return std::to_string(std::min((ms - 1) / 1000 + 1, kMax)) + "S";
}

std::string DecodePercent(std::string_view text) {
  std::string decoded;
  for (size_t i = 0; i < text.size(); ++i) {
    const int high = text[i] == '%' && i + 2 < text.size() ? HexDigit(text[i + 1]) : -1;
    const int low = high >= 0 ? HexDigit(text[i + 2]) : -1;
    decoded.push_back(low >= 0 ? static_cast<char>(high << 4 | low) : text[i]);
    if (low >= 0) i += 2;
  }
  return decoded;
}

absl::Status StatusFromTrailers(std::string_view code, std::string_view message,
                                std::string_view details) {
  if (code == "0") return absl::OkStatus();
  int number = 0;
  const auto [end, error] = std::from_chars(code.data(), code.data() + code.size(), number);
  if (error != std::errc() || end != code.data() + code.size() || number < 0 || number > 16) {
    number = static_cast<int>(absl::StatusCode::kUnknown);
  }
  std::string decoded;
  if (!details.empty()) absl::Base64Unescape(std::string(details), &decoded);
  return rpc::FromGrpc(
      grpc::Status(static_cast<grpc::StatusCode>(number), DecodePercent(message), decoded));
}

absl::Status StatusFromHttp(int http_status) {
  const auto code = [http_status] {
    switch (http_status) {
      case 400:
        return absl::StatusCode::kInternal;
      case 401:
        return absl::StatusCode::kUnauthenticated;
      case 403:
        return absl::StatusCode::kPermissionDenied;
      case 404:
        return absl::StatusCode::kUnimplemented;
      case 429:
      case 502:
      case 503:
      case 504:
        return absl::StatusCode::kUnavailable;
      default:
        return absl::StatusCode::kUnknown;
    }
  }();
  return base::MakeStatus(code, http_status == 200 ? "the server ended the call without a status"
                                                   : "the server answered with HTTP status " +
                                                         std::to_string(http_status));
}

absl::Status StatusFromReset(uint32_t error_code) {
  switch (error_code) {
    case NGHTTP2_REFUSED_STREAM:
      return base::MakeStatus(absl::StatusCode::kUnavailable, "the server takes no more calls");
    case NGHTTP2_CANCEL:
      return base::MakeStatus(absl::StatusCode::kCancelled, "the server cancelled the call");
    case NGHTTP2_ENHANCE_YOUR_CALM:
      return base::MakeStatus(absl::StatusCode::kResourceExhausted,
                              "the server asks for fewer calls");
    case NGHTTP2_INADEQUATE_SECURITY:
      return base::MakeStatus(absl::StatusCode::kPermissionDenied,
                              "the server wants a safer connection");
    default:
      return base::MakeStatus(
          absl::StatusCode::kInternal,
          "the server reset the call with HTTP/2 error " + std::to_string(error_code));
  }
}

void MessageReader::Feed(std::string_view data) {
  if (kept_.empty()) {
    input_ = data;  // most messages come whole and need no copy
  } else {
    kept_.append(data);
    input_ = kept_;
  }
}

absl::StatusOr<std::optional<std::string_view>> MessageReader::Next() {
  if (input_.size() >= kPrefixBytes) {
    if (input_[0] != 0) {
      return base::MakeStatus(absl::StatusCode::kInternal,
                              "the server sent a compressed message, which it was not asked for");
    }
    const size_t length = LengthOf(input_);
    if (length > max_message_bytes_) {
      return base::MakeStatus(absl::StatusCode::kResourceExhausted,
                              "the server's message of " + std::to_string(length) +
                                  " bytes is over the limit of " +
                                  std::to_string(max_message_bytes_));
    }
    if (input_.size() - kPrefixBytes >= length) {
      const std::string_view message = input_.substr(kPrefixBytes, length);
      input_.remove_prefix(kPrefixBytes + length);
      return message;
    }
  }
  if (kept_.empty()) {
    kept_.assign(input_);
  } else {
    kept_.erase(0, kept_.size() - input_.size());
  }
  input_ = {};
  return std::nullopt;
}

}  // namespace trellis::gateway::http2
