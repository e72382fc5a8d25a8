// The gateway process: composition root.
#include "clients/web/web_page.h"
#include "gateway/docs_ui/docs_ui.h"
#include "gateway/http/docs_pages.h"
#include "gateway/http/gateway_handler.h"
#include "gateway/http/web_pages.h"
#include "gateway/openapi/document.h"
#include "gateway/openapi/service_descriptors.h"
#include "gateway/upstream/batching_upstream.h"
#include "gateway/upstream/http2_upstream.h"
#include "gateway/upstream_monitor.h"
#include "google/protobuf/descriptor.pb.h"
#include "mesh/app/process.h"
#include "mesh/base/reactors.h"

namespace trellis::gateway {
namespace {

using google::protobuf::DescriptorPool;
using google::protobuf::ServiceDescriptor;

// All services of the proto files that the build lists (proto/CMakeLists.txt), separated by commas.
std::vector<const ServiceDescriptor*> LinkedServices() {
  std::vector<const ServiceDescriptor*> services;
  std::string_view files = TRELLIS_SERVICE_PROTOS;
  while (!files.empty()) {
    const size_t comma = files.find(',');
    const auto* file =
        DescriptorPool::generated_pool()->FindFileByName(std::string(files.substr(0, comma)));
    for (int i = 0; i < file->service_count(); ++i) services.push_back(file->service(i));
    files.remove_prefix(comma == files.npos ? files.size() : comma + 1);
  }
  return services;
}

// "enqueue" of trellis.enqueue.v1.EnqueueService.
std::string ShortName(const ServiceDescriptor& service) {
  const std::string& package = service.file()->package();
  const size_t start = package.find('.') + 1;
  return package.substr(start, package.find('.', start) - start);
}

std::string UpperCase(std::string text) {
  for (char& c : text) c = static_cast<char>(toupper(c));
  return text;
}

struct Settings {
  app::ProcessOptions process{.name = "gateway", .ops_addr = ""};
  http::ServerOptions http;
  GatewayOptions gateway;
  int reactors = 2;
  int body_limit = 1024 * 1024;
  std::map<std::string, std::string> upstream_addresses;  // by short name

  void ParseOrExit(int argc, char** argv, const std::vector<const ServiceDescriptor*>& services) {
    base::OptionTable table("gateway", "HTTP/JSON in front of the gRPC services.");
    table.AddAddress("http-addr", "HTTP_ADDR", &http.address, "where HTTP is served");
    int port = 50051;
    for (const ServiceDescriptor* service : services) {
      const std::string name = ShortName(*service);
      std::string& address = upstream_addresses[name];
      address = "127.0.0.1:" + std::to_string(port++);
      table.Add(
          name + "-addr", UpperCase(name) + "_ADDR", &address,
          "where the " + name + " service is: host:port or dns:///host:port; none: not served");
    }
    table.Add("reactors", "REACTORS", &reactors, 1, 64, "event loops, a thread each");
    table.Add("request-timeout", "REQUEST_TIMEOUT", &gateway.request_timeout,
              "deadline of unary calls; Grpc-Timeout and X-Timeout-Ms shorten it");
    table.Add("body-limit", "BODY_LIMIT", &body_limit, 1024, 64 * 1024 * 1024,
              "bytes that a request body may have");
    table.Add("max-connections", "MAX_CONNECTIONS", &http.max_connections, 1, 1'000'000,
              "clients at a time; further ones are closed at once");
    table.Add("read-timeout", "READ_TIMEOUT", &http.read_timeout,
              "time for a request to arrive whole");
    table.Add("write-timeout", "WRITE_TIMEOUT", &http.write_timeout,
              "time for a client to take a response");
    table.Add("idle-timeout", "IDLE_TIMEOUT", &http.idle_timeout,
              "time between two requests of a connection");
    table.Add("stream-heartbeat", "STREAM_HEARTBEAT", &gateway.heartbeat,
              "a silent event stream gets a comment this often");
    table.AddChoice("access-log", "ACCESS_LOG", &gateway.access_log, {"none", "errors", "all"},
                    "requests that leave a log line");
    process.AddTo(table);
    table.ParseOrExit(argc, argv);
    http.body_limit = static_cast<uint64_t>(body_limit);
  }
};

int Main(int argc, char** argv) {
  std::vector<const ServiceDescriptor*> services = LinkedServices();
  Settings settings;
  settings.ParseOrExit(argc, argv, services);
  std::erase_if(services, [&settings](const ServiceDescriptor* service) {
    return settings.upstream_addresses[ShortName(*service)] == "none";
  });
  app::Process process(settings.process);
  const absl::StatusOr<RouteTable> routes = RouteTable::Build(services);
  if (!routes.ok()) process.Fail(base::MessageOf(routes.status()));

  const absl::StatusOr<Comments> comments = Comments::Parse(ServiceDescriptors().front().content);
  if (!comments.ok()) process.Fail(base::MessageOf(comments.status()));
  StaticFiles files;
  AddDocsPages(OpenApiDocument(*routes, *comments, TRELLIS_VERSION), DocsUiFiles(), &files);
  AddWebPages(web::PageFiles(), &files);

  base::Reactors reactors(settings.reactors);
  std::map<std::string, std::unique_ptr<Upstream>> owned;
  std::map<std::string, Upstream*> upstreams;
  for (const ServiceDescriptor* service : services) {
    const std::string name = ShortName(*service);
    auto upstream = MakeHttp2Upstream(reactors, settings.upstream_addresses[name]);
    if (!upstream.ok())
      process.Fail(UpperCase(name) + "_ADDR: " + base::MessageOf(upstream.status()));
    auto batching = MakeBatchingUpstream(std::move(*upstream), *service);
    if (!batching.ok()) process.Fail(base::MessageOf(batching.status()));
    upstreams[service->full_name()] = batching->get();
    owned[service->full_name()] = std::move(*batching);
  }

  GatewayHandler handler(*routes, upstreams, process.ops(), files, process.metrics(),
                         settings.gateway);
  UpstreamMonitor monitor(reactors[0].get_executor(), upstreams, process);
  http::Server server(reactors, settings.http, handler);
  reactors.Start();
  if (absl::Status status = server.Start(); !status.ok()) {
    process.Fail("HTTP_ADDR: " + base::MessageOf(status));
  }
  process.LogListening("http", server.port());

  return process.RunUntilSignal([&](base::Deadline deadline) {
    server.Drain(deadline);
    const bool ended = server.connections() == 0;
    reactors.Stop();
    return ended;
  });
}

}  // namespace
}  // namespace trellis::gateway

int main(int argc, char** argv) { return trellis::gateway::Main(argc, argv); }
