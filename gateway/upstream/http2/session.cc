#include "gateway/upstream/http2/session.h"

#include <nghttp2/nghttp2.h>

#include <charconv>
#include <set>
#include <unordered_map>

#include "absl/strings/escaping.h"
#include "gateway/upstream/http2/grpc_wire.h"

namespace trellis::gateway::http2 {
namespace {

constexpr size_t kMaxMessageBytes = 4 * 1024 * 1024;  // as gRPC's own clients
constexpr uint32_t kStreamWindow = 256 * 1024;
constexpr int32_t kConnectionWindow = 8 * 1024 * 1024;

// One call. The observer is null once it wants to hear no more.
struct Stream {
  CallObserver* observer = nullptr;
  base::SteadyTime deadline;
  std::string body;
  size_t body_sent = 0;
  MessageReader reader{kMaxMessageBytes};
  MetadataList headers;
  bool headers_over = false;
  bool held = false;
  size_t unconsumed = 0;
  int http_status = 0;
  bool has_grpc_status = false;
  std::string grpc_status, grpc_message, grpc_details;
  absl::Status failure;  // ours, stronger than what the server says
};

std::string_view View(const uint8_t* bytes, size_t size) {
  return {reinterpret_cast<const char*>(bytes), size};
}

bool IsBinary(std::string_view key) { return key.ends_with("-bin"); }

// The header fields of a request. Names are literals; values are copied by nghttp2.
class HeaderList {
 public:
  explicit HeaderList(size_t expected) { fields_.reserve(expected); }
  void Add(std::string_view name, std::string_view value, bool repeats) {
    fields_.push_back(
        {reinterpret_cast<uint8_t*>(const_cast<char*>(name.data())),
         reinterpret_cast<uint8_t*>(const_cast<char*>(value.data())), name.size(), value.size(),
         // A value that never comes again would only push others out of the table.
         static_cast<uint8_t>(repeats ? NGHTTP2_NV_FLAG_NONE : NGHTTP2_NV_FLAG_NO_INDEX)});
  }
  [[nodiscard]] const nghttp2_nv* data() const { return fields_.data(); }
  [[nodiscard]] size_t size() const { return fields_.size(); }

 private:
  std::vector<nghttp2_nv> fields_;
};

}  // namespace

class Session::Impl {
 public:
  Impl() {
    nghttp2_session_callbacks* callbacks = nullptr;
    nghttp2_session_callbacks_new(&callbacks);
    nghttp2_session_callbacks_set_on_header_callback(callbacks, &Impl::OnHeader);
    nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, &Impl::OnFrame);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, &Impl::OnData);
    nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, &Impl::OnClose);
    nghttp2_option* options = nullptr;
    nghttp2_option_new(&options);
    nghttp2_option_set_no_auto_window_update(options, 1);
    nghttp2_session_client_new2(&session_, callbacks, this, options);
    nghttp2_option_del(options);
    nghttp2_session_callbacks_del(callbacks);
    const nghttp2_settings_entry settings[] = {
        {NGHTTP2_SETTINGS_ENABLE_PUSH, 0},
        {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, kStreamWindow},
    };
    nghttp2_submit_settings(session_, NGHTTP2_FLAG_NONE, settings, std::size(settings));
    nghttp2_session_set_local_window_size(session_, NGHTTP2_FLAG_NONE, 0, kConnectionWindow);
  }
  ~Impl() { nghttp2_session_del(session_); }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  absl::StatusOr<CallId> Start(const CallHead& head, std::string body, CallObserver* observer) {
    if (draining_) return NoMoreCalls();
    HeaderList headers(8 + head.call.metadata.size());
    headers.Add(":method", "POST", true);
    headers.Add(":scheme", "http", true);
    headers.Add(":path", head.call.rpc_path, true);
    headers.Add(":authority", head.authority, true);
    headers.Add("te", "trailers", true);
    headers.Add("content-type", "application/grpc", true);
    headers.Add("user-agent", "trellis-gateway", true);
    std::string timeout;
    if (!head.call.deadline.IsInfinite()) {
      timeout = EncodeTimeout(head.call.deadline.Remaining());
      headers.Add("grpc-timeout", timeout, false);
    }
    std::vector<std::string> encoded;
    encoded.reserve(head.call.metadata.size());
    for (const auto& [key, value] : head.call.metadata) {
      if (IsBinary(key)) {
        encoded.push_back(absl::Base64Escape(absl::string_view(value.data(), value.size())));
      }
      headers.Add(key, IsBinary(key) ? encoded.back() : value, false);
    }
    auto stream = std::make_unique<Stream>();
    stream->observer = observer;
    stream->deadline = head.call.deadline.time();
    stream->body = std::move(body);
    const nghttp2_data_provider provider{{.ptr = stream.get()}, &Impl::ReadBody};
    const int32_t id = nghttp2_submit_request(session_, nullptr, headers.data(), headers.size(),
                                              &provider, stream.get());
    if (id < 0) {
      draining_ = true;  // all stream ids are used
      return NoMoreCalls();
    }
    if (!head.call.deadline.IsInfinite()) deadlines_.emplace(stream->deadline, id);
    streams_.emplace(id, std::move(stream));
    return id;
  }

  void Cancel(CallId id) {
    const auto found = streams_.find(id);
    if (found == streams_.end()) return;
    if (std::exchange(found->second->observer, nullptr) != nullptr) Reset(id, NGHTTP2_CANCEL);
  }

  void Resume(CallId id) {
    const auto found = streams_.find(id);
    if (found == streams_.end()) return;
    Stream& stream = *found->second;
    stream.held = false;
    nghttp2_session_consume_stream(session_, id, std::exchange(stream.unconsumed, 0));
  }

  absl::Status Feed(std::string_view bytes) {
    const ssize_t taken = nghttp2_session_mem_recv(
        session_, reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size());
    if (taken < 0) {
      return base::MakeStatus(absl::StatusCode::kUnavailable,
                              std::string("the server broke the protocol: ") +
                                  nghttp2_strerror(static_cast<int>(taken)));
    }
    if (!nghttp2_session_want_read(session_) && !nghttp2_session_want_write(session_)) {
      return base::MakeStatus(absl::StatusCode::kUnavailable, "the server closed the connection");
    }
    // nghttp2 answers most breaches with a GOAWAY, and is done only when that is put out.
    PutOut(&output_);
    const bool done_in_peace = draining_ && streams_.empty();
    if (!nghttp2_session_want_read(session_) && !done_in_peace) {
      return base::MakeStatus(absl::StatusCode::kUnavailable, "the server broke the protocol");
    }
    return absl::OkStatus();
  }

  void TakeOutput(std::string* out) {
    out->append(output_);
    output_.clear();
    PutOut(out);
  }

  void Ping() { nghttp2_submit_ping(session_, NGHTTP2_FLAG_NONE, nullptr); }

  void Expire(base::SteadyTime now) {
    while (!deadlines_.empty() && deadlines_.begin()->first <= now) {
      const CallId id = deadlines_.begin()->second;
      deadlines_.erase(deadlines_.begin());
      CallObserver* observer = std::exchange(streams_.at(id)->observer, nullptr);
      if (observer == nullptr) continue;
      Reset(id, NGHTTP2_CANCEL);
      observer->OnEnd(
          {base::MakeStatus(absl::StatusCode::kDeadlineExceeded, "no answer in time"), false});
    }
  }

  void Fail(const absl::Status& status) {
    draining_ = true;
    deadlines_.clear();
    while (!streams_.empty()) {  // one may cancel others when it ends
      const auto stream = std::move(streams_.extract(streams_.begin()).mapped());
      if (stream->observer != nullptr) stream->observer->OnEnd({status, false});
    }
  }

  bool greeted_ = false;
  bool draining_ = false;
  std::unordered_map<CallId, std::unique_ptr<Stream>> streams_;
  std::set<std::pair<base::SteadyTime, CallId>> deadlines_;

 private:
  static Impl& Self(void* user_data) { return *static_cast<Impl*>(user_data); }
  static Stream* StreamOf(nghttp2_session* session, int32_t id) {
    return static_cast<Stream*>(nghttp2_session_get_stream_user_data(session, id));
  }

  void PutOut(std::string* out) {
    const uint8_t* bytes = nullptr;
    ssize_t size = 0;
    while ((size = nghttp2_session_mem_send(session_, &bytes)) > 0) {
      out->append(View(bytes, static_cast<size_t>(size)));
    }
  }

  static absl::Status NoMoreCalls() {
    return base::MakeStatus(absl::StatusCode::kUnavailable, "the connection takes no more calls");
  }

  // Once for each call: the second reset of one that was not sent yet would reach the server, for
  // which it is a breach of the protocol.
  void Reset(CallId id, uint32_t error_code) {
    nghttp2_submit_rst_stream(session_, NGHTTP2_FLAG_NONE, id, error_code);
  }

  static ssize_t ReadBody(nghttp2_session* /*session*/, int32_t /*id*/, uint8_t* out, size_t room,
                          uint32_t* flags, nghttp2_data_source* source, void* /*self*/) {
    Stream& stream = *static_cast<Stream*>(source->ptr);
    const size_t size = stream.body.copy(reinterpret_cast<char*>(out), room, stream.body_sent);
    stream.body_sent += size;
    if (stream.body_sent == stream.body.size()) *flags |= NGHTTP2_DATA_FLAG_EOF;
    return static_cast<ssize_t>(size);
  }

  static int OnHeader(nghttp2_session* session, const nghttp2_frame* frame, const uint8_t* name,
                      size_t name_size, const uint8_t* value, size_t value_size, uint8_t /*flags*/,
                      void* /*self*/) {
    Stream* stream = StreamOf(session, frame->hd.stream_id);
    if (frame->hd.type != NGHTTP2_HEADERS || stream == nullptr) return 0;
    const std::string_view key = View(name, name_size), text = View(value, value_size);
    if (key == ":status") {
      std::from_chars(text.data(), text.data() + text.size(), stream->http_status);
    } else if (key == "grpc-status") {
      stream->grpc_status = text;
      stream->has_grpc_status = true;
    } else if (key == "grpc-message") {
      stream->grpc_message = text;
    } else if (key == "grpc-status-details-bin") {
      stream->grpc_details = text;
    } else if (!stream->headers_over && key != "content-type" && !key.starts_with("grpc-")) {
      std::string decoded(text);
      if (IsBinary(key)) absl::Base64Unescape(std::string(text), &decoded);
      stream->headers.emplace_back(key, std::move(decoded));
    }
    return 0;
  }

  static int OnFrame(nghttp2_session* session, const nghttp2_frame* frame, void* self) {
    if (frame->hd.type == NGHTTP2_SETTINGS) Self(self).greeted_ = true;
    if (frame->hd.type == NGHTTP2_GOAWAY) Self(self).draining_ = true;
    if (frame->hd.type != NGHTTP2_HEADERS) return 0;
    Stream* stream = StreamOf(session, frame->hd.stream_id);
    if (stream == nullptr || stream->http_status / 100 == 1) return 0;
    if (std::exchange(stream->headers_over, true) || stream->observer == nullptr) return 0;
    stream->observer->OnHeaders(std::move(stream->headers));
    return 0;
  }

  static int OnData(nghttp2_session* session, uint8_t /*flags*/, int32_t id, const uint8_t* bytes,
                    size_t size, void* self) {
    nghttp2_session_consume_connection(session, size);
    Stream* stream = StreamOf(session, id);
    if (stream == nullptr) return 0;
    stream->unconsumed += size;
    // The body of an answer that is not gRPC's own is of no use.
    if (stream->http_status == 200) Deliver(Self(self), id, *stream, View(bytes, size));
    if (!stream->held) {
      nghttp2_session_consume_stream(session, id, std::exchange(stream->unconsumed, 0));
    }
    return 0;
  }

  static void Deliver(Impl& self, int32_t id, Stream& stream, std::string_view data) {
    stream.reader.Feed(data);
    while (stream.observer != nullptr) {
      const absl::StatusOr<std::optional<std::string_view>> message = stream.reader.Next();
      if (!message.ok()) {
        stream.failure = message.status();
        return self.Reset(id, NGHTTP2_CANCEL);
      }
      if (!message->has_value()) return;
      if (!stream.observer->OnMessage(**message)) stream.held = true;
    }
  }

  static int OnClose(nghttp2_session* /*session*/, int32_t id, uint32_t error_code, void* self) {
    auto& streams = Self(self).streams_;
    const auto found = streams.find(id);
    if (found == streams.end()) return 0;
    const std::unique_ptr<Stream> stream = std::move(found->second);
    streams.erase(found);
    Self(self).deadlines_.erase({stream->deadline, id});
    if (stream->observer == nullptr) return 0;
    stream->observer->OnEnd({StatusOf(*stream, error_code), error_code == NGHTTP2_REFUSED_STREAM});
    return 0;
  }

  static absl::Status StatusOf(const Stream& stream, uint32_t error_code) {
    if (!stream.failure.ok()) return stream.failure;
    if (stream.has_grpc_status) {
      return StatusFromTrailers(stream.grpc_status, stream.grpc_message, stream.grpc_details);
    }
    if (error_code != NGHTTP2_NO_ERROR) return StatusFromReset(error_code);
    return StatusFromHttp(stream.http_status);
  }

  nghttp2_session* session_ = nullptr;
  std::string output_;  // put out by Feed
};

Session::Session() : impl_(std::make_unique<Impl>()) {}
Session::~Session() = default;
absl::StatusOr<Session::CallId> Session::Start(const CallHead& head, std::string body,
                                               CallObserver* observer) {
  return impl_->Start(head, std::move(body), observer);
}
void Session::Cancel(CallId id) { impl_->Cancel(id); }
void Session::Resume(CallId id) { impl_->Resume(id); }
absl::Status Session::Feed(std::string_view bytes) { return impl_->Feed(bytes); }
void Session::TakeOutput(std::string* out) { impl_->TakeOutput(out); }
void Session::Ping() { impl_->Ping(); }
base::SteadyTime Session::next_deadline() const {
  return impl_->deadlines_.empty() ? base::SteadyTime::max() : impl_->deadlines_.begin()->first;
}
void Session::Expire(base::SteadyTime now) { impl_->Expire(now); }
void Session::Fail(const absl::Status& status) { impl_->Fail(status); }
bool Session::greeted() const { return impl_->greeted_; }
bool Session::draining() const { return impl_->draining_; }
size_t Session::calls() const { return impl_->streams_.size(); }

}  // namespace trellis::gateway::http2
