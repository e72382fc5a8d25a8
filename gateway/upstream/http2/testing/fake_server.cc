#include "gateway/upstream/http2/testing/fake_server.h"

#include <nghttp2/nghttp2.h>

#include <stdexcept>

namespace trellis::gateway::http2::testing {

struct FakeServer::Stream {
  Call call;
  std::string out;
  size_t sent = 0;       // of it
  bool sending = false;  // a data provider is at work
  MetadataList trailers;
};

namespace {

std::string Text(const uint8_t* bytes, size_t size) {
  return {reinterpret_cast<const char*>(bytes), size};
}

std::vector<nghttp2_nv> Fields(const MetadataList& fields) {
  std::vector<nghttp2_nv> result;
  for (const auto& [name, value] : fields) {
    result.push_back({reinterpret_cast<uint8_t*>(const_cast<char*>(name.data())),
                      reinterpret_cast<uint8_t*>(const_cast<char*>(value.data())), name.size(),
                      value.size(), NGHTTP2_NV_FLAG_NONE});
  }
  return result;
}

}  // namespace

struct FakeServer::Callbacks {
  static Stream* Of(nghttp2_session* session, int32_t id) {
    return static_cast<Stream*>(nghttp2_session_get_stream_user_data(session, id));
  }

  static int OnBegin(nghttp2_session* session, const nghttp2_frame* frame, void* self) {
    auto& streams = static_cast<FakeServer*>(self)->streams_;
    streams.push_back(std::make_unique<Stream>());
    streams.back()->call.id = frame->hd.stream_id;
    nghttp2_session_set_stream_user_data(session, frame->hd.stream_id, streams.back().get());
    return 0;
  }

  static int OnHeader(nghttp2_session* session, const nghttp2_frame* frame, const uint8_t* name,
                      size_t name_size, const uint8_t* value, size_t value_size, uint8_t /*flags*/,
                      void* /*self*/) {
    Stream* stream = Of(session, frame->hd.stream_id);
    stream->call.headers[Text(name, name_size)] = Text(value, value_size);
    return 0;
  }

  static int OnData(nghttp2_session* session, uint8_t /*flags*/, int32_t id, const uint8_t* bytes,
                    size_t size, void* /*self*/) {
    Of(session, id)->call.body += Text(bytes, size);
    return 0;
  }

  static int OnFrame(nghttp2_session* session, const nghttp2_frame* frame, void* self) {
    if (frame->hd.type == NGHTTP2_PING) ++static_cast<FakeServer*>(self)->pings_;
    Stream* stream = Of(session, frame->hd.stream_id);
    if (stream == nullptr) return 0;
    if (frame->hd.type == NGHTTP2_RST_STREAM) {
      stream->call.reset = true;
      stream->call.reset_code = frame->rst_stream.error_code;
    } else if (frame->hd.type == NGHTTP2_HEADERS || frame->hd.type == NGHTTP2_DATA) {
      stream->call.whole = (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0;
    }
    return 0;
  }

  static ssize_t ReadOut(nghttp2_session* session, int32_t id, uint8_t* out, size_t room,
                         uint32_t* flags, nghttp2_data_source* source, void* /*self*/) {
    Stream& stream = *static_cast<Stream*>(source->ptr);
    if (stream.call.waiting == 0 && stream.trailers.empty()) return NGHTTP2_ERR_DEFERRED;
    const size_t size = stream.out.copy(reinterpret_cast<char*>(out), room, stream.sent);
    stream.sent += size;
    stream.call.waiting -= size;
    if (stream.call.waiting == 0 && !stream.trailers.empty()) {
      *flags |= NGHTTP2_DATA_FLAG_EOF | NGHTTP2_DATA_FLAG_NO_END_STREAM;
      const std::vector<nghttp2_nv> fields = Fields(stream.trailers);
      nghttp2_submit_trailer(session, id, fields.data(), fields.size());
    }
    return static_cast<ssize_t>(size);
  }
};

FakeServer::FakeServer() {
  nghttp2_session_callbacks* callbacks = nullptr;
  nghttp2_session_callbacks_new(&callbacks);
  nghttp2_session_callbacks_set_on_begin_headers_callback(callbacks, &Callbacks::OnBegin);
  nghttp2_session_callbacks_set_on_header_callback(callbacks, &Callbacks::OnHeader);
  nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, &Callbacks::OnData);
  nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, &Callbacks::OnFrame);
  nghttp2_session_server_new(&session_, callbacks, this);
  nghttp2_session_callbacks_del(callbacks);
  nghttp2_submit_settings(session_, NGHTTP2_FLAG_NONE, nullptr, 0);
}

FakeServer::~FakeServer() { nghttp2_session_del(session_); }

void FakeServer::Feed(std::string_view bytes) {
  const ssize_t taken = nghttp2_session_mem_recv(
      session_, reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size());
  if (taken != static_cast<ssize_t>(bytes.size())) {
    throw std::runtime_error("the client broke the protocol");
  }
}

std::string FakeServer::TakeOutput() {
  std::string out;
  const uint8_t* bytes = nullptr;
  ssize_t size = 0;
  while ((size = nghttp2_session_mem_send(session_, &bytes)) > 0) {
    out += Text(bytes, static_cast<size_t>(size));
  }
  return out;
}

const FakeServer::Call& FakeServer::call(size_t index) const { return streams_.at(index)->call; }

void FakeServer::SendHeaders(size_t index, const MetadataList& fields, bool last) {
  const std::vector<nghttp2_nv> list = Fields(fields);
  nghttp2_submit_headers(session_, last ? NGHTTP2_FLAG_END_STREAM : NGHTTP2_FLAG_NONE,
                         call(index).id, nullptr, list.data(), list.size(), nullptr);
}

void FakeServer::SendData(size_t index, std::string_view bytes) {
  Stream& stream = *streams_.at(index);
  stream.out += bytes;
  stream.call.waiting += bytes.size();
  const nghttp2_data_provider provider{{.ptr = &stream}, &Callbacks::ReadOut};
  if (std::exchange(stream.sending, true)) {
    nghttp2_session_resume_data(session_, stream.call.id);
  } else {
    nghttp2_submit_data(session_, NGHTTP2_FLAG_END_STREAM, stream.call.id, &provider);
  }
}

void FakeServer::SendTrailers(size_t index, const MetadataList& fields) {
  streams_.at(index)->trailers = fields;
  SendData(index, "");
}

void FakeServer::Reset(size_t index, uint32_t error_code) {
  nghttp2_submit_rst_stream(session_, NGHTTP2_FLAG_NONE, call(index).id, error_code);
}

void FakeServer::SendMessage(size_t index, std::string_view message) {
  std::string bytes(1, '\0');
  for (const int shift : {24, 16, 8, 0}) bytes += static_cast<char>(message.size() >> shift & 0xff);
  SendData(index, bytes.append(message));
}

void FakeServer::Answer(size_t index, std::string_view message) {
  SendHeaders(index, {{":status", "200"}, {"content-type", "application/grpc"}});
  SendMessage(index, message);
  SendTrailers(index, {{"grpc-status", "0"}});
}

void FakeServer::LimitCalls(uint32_t count) {
  const nghttp2_settings_entry limit{NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, count};
  nghttp2_submit_settings(session_, NGHTTP2_FLAG_NONE, &limit, 1);
}

void FakeServer::GoAway(int32_t last_stream_id) {
  nghttp2_submit_goaway(session_, NGHTTP2_FLAG_NONE, last_stream_id, NGHTTP2_NO_ERROR, nullptr, 0);
}

}  // namespace trellis::gateway::http2::testing
