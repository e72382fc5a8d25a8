#include "gateway/http/gateway_handler.h"

#include <boost/asio/this_coro.hpp>

#include "gateway/http/stream_format.h"
#include "gateway/transcoding/error_json.h"
#include "gateway/transcoding/json_writer.h"
#include "gateway/transcoding/request.h"
#include "gateway/upstream/metadata.h"
#include "google/protobuf/descriptor.pb.h"
#include "google/protobuf/message.h"
#include "mesh/telemetry/log.h"

namespace trellis::gateway {

namespace asio = boost::asio;
using google::protobuf::Message;

struct GatewayHandler::Target {
  const Route* route = nullptr;
  Upstream* upstream = nullptr;
  const Message* request = nullptr;  // prototypes, owned by the message factory
  const Message* response = nullptr;
  HttpRecorder* recorder = nullptr;
  bool idempotent = false;
};

struct GatewayHandler::Exchange {
  const http::Request& request;
  http::Responder& responder;
  HttpRecorder* recorder;
  Identity identity;
  base::SteadyTime start = std::chrono::steady_clock::now();
};

namespace {

absl::Status Error(absl::StatusCode code, std::string message) {
  return base::MakeStatus(code, message);
}

std::string Join(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : ", ") + word;
  return text;
}

}  // namespace

GatewayHandler::GatewayHandler(const RouteTable& routes, std::map<std::string, Upstream*> upstreams,
                               const app::OpsHandler& ops, const StaticFiles& files,
                               telemetry::Metrics& metrics, GatewayOptions options)
    : routes_(routes),
      ops_(ops),
      files_(files),
      options_(std::move(options)),
      unrouted_(metrics, "none") {
  auto* factory = google::protobuf::MessageFactory::generated_factory();
  for (const auto& route : routes_.routes()) {
    auto target = std::make_unique<Target>();
    target->route = route.get();
    target->upstream = upstreams.at(route->method->service()->full_name());
    target->request = factory->GetPrototype(route->method->input_type());
    target->response = factory->GetPrototype(route->method->output_type());
    auto& recorder = recorders_[route->method];
    if (!recorder) {
      recorder = std::make_unique<HttpRecorder>(metrics, route->rpc_path.substr(1));
    }
    target->recorder = recorder.get();
    target->idempotent = route->method->options().idempotency_level() !=
                         google::protobuf::MethodOptions::IDEMPOTENCY_UNKNOWN;
    targets_.emplace(route.get(), std::move(target));
  }
}

GatewayHandler::~GatewayHandler() = default;

asio::awaitable<void> GatewayHandler::Handle(const http::Request& request,
                                             http::Responder& responder) {
  Exchange exchange{request, responder, &unrouted_, IdentityOf(request)};
  http::Response fixed;
  if ((request.method == "GET" && ops_.Answer(request.path, &fixed)) ||
      files_.Answer(request, &fixed)) {
    co_await Send(exchange, std::move(fixed));
    co_return;
  }
  const MatchResult match = routes_.Match(request.method, request.path);
  switch (match.outcome) {
    case MatchResult::Outcome::kFound:
      break;
    case MatchResult::Outcome::kNotFound:
      co_await SendError(exchange, Error(absl::StatusCode::kNotFound, "no such path"));
      co_return;
    case MatchResult::Outcome::kMalformedPath:
      co_await SendError(exchange, Error(absl::StatusCode::kInvalidArgument,
                                         "the path has a '%' without two hexadecimal digits"));
      co_return;
    case MatchResult::Outcome::kMethodNotAllowed: {
      http::Response response;
      response.status = 405;
      response.headers.emplace_back("Allow", Join(match.allow));
      response.body = ErrorJson(
          Error(absl::StatusCode::kUnimplemented, "this path takes " + Join(match.allow)));
      co_await Send(exchange, std::move(response));
      co_return;
    }
  }
  co_await Call(exchange, match);
}

asio::awaitable<void> GatewayHandler::Call(Exchange& exchange, const MatchResult& match) {
  const Target& target = *targets_.find(match.route)->second;
  exchange.recorder = target.recorder;
  const http::Request& request = exchange.request;
  const bool streaming = match.route->method->server_streaming();
  OutgoingCall call;
  call.rpc_path = match.route->rpc_path;
  call.idempotent = target.idempotent;
  absl::StatusOr<base::Deadline> deadline =
      DeadlineFrom(request, options_.request_timeout, !streaming);
  absl::StatusOr<MetadataList> metadata = MetadataFrom(request, exchange.identity);
  const std::unique_ptr<Message> message(target.request->New());
  absl::Status status = FillRequest(*match.route, match.bindings, request.query,
                                    request.Find("content-type"), request.body, message.get());
  if (status.ok()) status = metadata.status();
  if (status.ok()) status = deadline.status();
  if (!status.ok()) {
    co_await SendError(exchange, status);
    co_return;
  }
  call.deadline = *deadline;
  call.metadata = std::move(*metadata);
  if (streaming) {
    co_await CallStreaming(exchange, target, call, *message);
  } else {
    co_await CallUnary(exchange, target, call, *message);
  }
}

asio::awaitable<void> GatewayHandler::CallUnary(Exchange& exchange, const Target& target,
                                                const OutgoingCall& call, const Message& message) {
  const std::unique_ptr<Message> reply(target.response->New());
  CancelHandle cancel;
  exchange.responder.OnClientGone([&cancel] {
    if (cancel.cancel) cancel.cancel();
  });
  UnaryResult result = co_await target.upstream->Unary(call, message, reply.get(), &cancel);
  if (!result.status.ok()) {
    co_await SendError(exchange, result.status);
    co_return;
  }
  http::Response response;
  AppendResponseJson(*target.route, *reply, &response.body);
  response.body.push_back('\n');
  AppendHeaders(result.metadata, &response);
  co_await Send(exchange, std::move(response));
}

asio::awaitable<void> GatewayHandler::CallStreaming(Exchange& exchange, const Target& target,
                                                    const OutgoingCall& call,
                                                    const Message& message) {
  const StreamFormat format = ChooseFormat(exchange.request.Find("accept"));
  std::unique_ptr<Message> reply(target.response->New());
  const auto executor = co_await asio::this_coro::executor;
  const std::unique_ptr<UpstreamStream> stream =
      target.upstream->ServerStreaming(call, message, std::move(reply), executor);
  exchange.responder.OnClientGone([&stream] { stream->Cancel(); });
  bool started = false;
  bool alive = true;
  uint64_t id = 0;
  while (alive) {
    const UpstreamStream::Event event = co_await stream->Read(options_.heartbeat);
    if (event == UpstreamStream::Event::kIdle) {
      if (started) alive = co_await exchange.responder.Write(HeartbeatFrame(format));
      continue;
    }
    const bool ended = event == UpstreamStream::Event::kEnd;
    if (ended && !started && !stream->status().ok()) {
      // An early error has its own HTTP status.
      co_await SendError(exchange, stream->status());
      co_return;
    }
    if (!std::exchange(started, true)) {
      http::Response head;
      head.content_type = ContentTypeOf(format);
      head.headers.emplace_back("Cache-Control", "no-store");
      head.headers.emplace_back("X-Accel-Buffering", "no");
      head.headers.emplace_back("X-Request-Id", exchange.identity.request_id);
      AppendHeaders(stream->metadata(), &head);
      exchange.recorder->Record(head.status, exchange.start);
      alive = co_await exchange.responder.StartStream(std::move(head));
    }
    if (ended) {
      if (stream->status().ok()) co_return;
      const std::string frame = ErrorFrame(format, ErrorJson(stream->status()));
      (void)co_await exchange.responder.Write(frame);
      co_return;
    }
    std::string json;
    AppendResponseJson(*target.route, stream->message(), &json);
    const std::string frame = MessageFrame(format, ++id, json);
    if (alive) alive = co_await exchange.responder.Write(frame);
  }
}

asio::awaitable<void> GatewayHandler::SendError(Exchange& exchange, const absl::Status& status) {
  http::Response response;
  response.status = HttpStatusFromCode(status.code());
  response.body = ErrorJson(status);
  response.body.push_back('\n');
  if (response.status == 503 || response.status == 429) {
    response.headers.emplace_back("Retry-After", "1");
  }
  if (options_.access_log != "none" && response.status >= 500) {
    telemetry::Log(telemetry::Level::kWarn, "request failed",
                   {{"path", exchange.request.path},
                    {"status", response.status},
                    {"error", base::MessageOf(status)},
                    {"request_id", exchange.identity.request_id}});
  }
  co_await Send(exchange, std::move(response));
}

asio::awaitable<void> GatewayHandler::Send(Exchange& exchange, http::Response response) {
  response.headers.emplace_back("X-Request-Id", exchange.identity.request_id);
  exchange.recorder->Record(response.status, exchange.start);
  if (options_.access_log == "all") {
    telemetry::Log(telemetry::Level::kInfo, "request",
                   {{"method", exchange.request.method},
                    {"path", exchange.request.path},
                    {"status", response.status},
                    {"request_id", exchange.identity.request_id},
                    {"remote", exchange.request.remote}});
  }
  (void)co_await exchange.responder.Send(std::move(response));
}

}  // namespace trellis::gateway
