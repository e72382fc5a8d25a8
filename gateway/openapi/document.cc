#include "gateway/openapi/document.h"

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <vector>

#include "gateway/openapi/json_node.h"
#include "gateway/openapi/parameters.h"
#include "gateway/openapi/path_shape.h"
#include "gateway/openapi/responses.h"
#include "gateway/openapi/schemas.h"

namespace trellis::gateway {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::MethodDescriptor;
using google::protobuf::ServiceDescriptor;

constexpr char kDescription[] =
    "The HTTP face of the gRPC services.\n\n"
    "JSON is protobuf's: names in lowerCamelCase (those of the .proto files are taken too), 64-bit "
    "integers in quotes (numbers are taken too), enums by name; the schemas show where a method "
    "does it in another way. Unknown fields and parameters are refused. Errors are "
    "`google.rpc.Status`.\n\n"
    "Any request may have the headers `X-Timeout-Ms` or `Grpc-Timeout`, which shorten its "
    "deadline, `X-Request-Id`, `traceparent`, `tracestate`, `Idempotency-Key` where the method "
    "says what it means, and `Grpc-Metadata-<key>` for the service.";

constexpr std::array<std::string_view, 8> kKnownMethods = {"get",     "put",  "post",  "delete",
                                                           "options", "head", "patch", "trace"};
constexpr std::array<std::string_view, 5> kCommonMethods = {"get", "put", "post", "delete",
                                                            "patch"};

std::string LowerCase(std::string text) {
  for (char& c : text) c = static_cast<char>(tolower(static_cast<unsigned char>(c)));
  return text;
}

std::string RpcOf(const Route& route) { return route.rpc_path.substr(1); }

// POST /package.Service/Method, which every method has.
bool IsDefault(const Route& route) {
  return route.http_method == "POST" && route.path.text() == route.rpc_path;
}

std::string TagOf(const Route& route) {
  const std::string& service = route.method->service()->full_name();
  return IsDefault(route) ? service + " by RPC name" : service;
}

std::string FirstSentence(const std::string& comment) {
  std::string sentence;
  for (size_t i = 0; i < comment.size(); ++i) {
    const bool is_space = comment[i] == '\n' || comment[i] == ' ';
    if (is_space && !sentence.empty() && sentence.back() == '.') break;
    if (comment[i] == '\n' && i + 1 < comment.size() && comment[i + 1] == '\n') break;
    sentence.push_back(is_space ? ' ' : comment[i]);
  }
  if (!sentence.empty() && sentence.back() == '.') sentence.pop_back();
  return sentence;
}

// "List queues" of ListQueues.
std::string InWords(const std::string& name) {
  std::string words;
  for (const char c : name) {
    const bool is_upper = c >= 'A' && c <= 'Z' && !words.empty();
    if (is_upper) words.push_back(' ');
    words.push_back(is_upper ? static_cast<char>(c - 'A' + 'a') : c);
  }
  return words;
}

class DocumentWriter {
 public:
  DocumentWriter(const RouteTable& routes, const Comments& comments)
      : routes_(routes), comments_(comments), schemas_(comments) {}

  std::string Write(std::string_view version) {
    for (const auto& route : routes_.routes()) {
      if (route->body == Route::Body::kWhole) schemas_.AddRequest(*route->method->input_type());
      if (route->body_field != nullptr && route->body_field->message_type() != nullptr) {
        schemas_.AddRequest(*route->body_field->message_type());
      }
    }
    // "*" comes last: it takes what is left.
    for (const bool any_method : {false, true}) {
      for (const auto& route : routes_.routes()) {
        if ((route->http_method == "*") == any_method) Add(*route);
      }
    }
    JsonNode document = JsonNode::Object(
        {{"openapi", "3.1.0"},
         {"info", JsonNode::Object(
                      {{"title", "Trellis"}, {"version", version}, {"description", kDescription}})},
         {"servers", JsonNode::Array({JsonNode::Object({{"url", "/"}})})},
         {"tags", Tags()},
         {"paths", paths_}});
    JsonNode errors = responses_.Components();  // before the schemas that it refers to
    document.Set("components", JsonNode::Object({{"schemas", schemas_.Components()},
                                                 {"responses", std::move(errors)},
                                                 {"headers", Responses::HeaderComponents()}}));
    document.Set("security", JsonNode::Array());
    return document.Text();
  }

 private:
  void Add(const Route& route) {
    const PathShape shape = ShapeOf(route);
    // OpenAPI wants one set of names for a path: those of its first route.
    const auto& names = names_.try_emplace(shape.key, shape.Names()).first->second;
    JsonNode& item = paths_[shape.Path(names)];
    if (route.http_method == "*") {
      bool has_place = false;
      for (const std::string_view method : kCommonMethods) {
        if (item.Has(method)) continue;
        item.Set(method, Operation(route, shape, names));
        has_place = true;
      }
      if (!has_place) NoteAlso(route, &item["get"]);
      return;
    }
    std::string key = LowerCase(route.http_method);
    if (std::find(kKnownMethods.begin(), kKnownMethods.end(), key) == kKnownMethods.end()) {
      key = "x-" + key;
    }
    if (item.Has(key)) {
      NoteAlso(route, &item[key]);
    } else {
      item.Set(key, Operation(route, shape, names));
    }
  }

  static void NoteAlso(const Route& route, JsonNode* operation) {
    if (!operation->Has("x-trellis-also")) operation->Set("x-trellis-also", JsonNode::Array());
    (*operation)["x-trellis-also"].Push(
        JsonNode::Object({{"x-trellis-route", route.http_method + " " + route.path.text()},
                          {"x-trellis-rpc", RpcOf(route)}}));
  }

  JsonNode Operation(const Route& route, const PathShape& shape,
                     const std::vector<std::string>& names) {
    const MethodDescriptor& method = *route.method;
    const std::string comment = comments_.Of(method);
    JsonNode operation = JsonNode::Object(
        {{"operationId", NewId(method)}, {"tags", JsonNode::Array({TagOf(route)})}});
    operation.Set("summary", comment.empty() ? InWords(method.name()) : FirstSentence(comment));
    if (!comment.empty()) operation.Set("description", comment);
    JsonNode parameters = ParametersOf(route, shape, names, comments_, &schemas_);
    if (parameters.size() > 0) operation.Set("parameters", std::move(parameters));
    if (route.body != Route::Body::kNone) operation.Set("requestBody", RequestBody(route));
    operation.Set("responses", responses_.Of(route, comment));
    operation.Set("x-trellis-route", route.http_method + " " + route.path.text());
    operation.Set("x-trellis-rpc", RpcOf(route));
    return operation;
  }

  // EnqueueService_GetJob, EnqueueService_GetJob_2, ...
  std::string NewId(const MethodDescriptor& method) {
    const std::string base = method.service()->name() + "_" + method.name();
    std::string id = base;
    for (int i = 2; !ids_.insert(id).second; ++i) id = base + "_" + std::to_string(i);
    return id;
  }

  JsonNode RequestBody(const Route& route) {
    const auto media_type = [](JsonNode schema) {
      return JsonNode::Object({{"schema", std::move(schema)}});
    };
    JsonNode schema = route.body_field != nullptr
                          ? schemas_.Of(*route.body_field, route.json_style)
                          : schemas_.Of(*route.method->input_type(), route.json_style);
    JsonNode content = JsonNode::Object({{"application/json", media_type(std::move(schema))}});
    JsonNode body = JsonNode::Object();
    if (const FieldDescriptor* raw = route.raw_body_field) {
      const bool is_text = raw->type() == FieldDescriptor::TYPE_STRING;
      content.Set(is_text ? "text/plain" : "application/octet-stream",
                  media_type(is_text ? schemas_.Of(*raw) : JsonNode::Object()));
      body.Set("description", "A body of any type but JSON is the field `" +
                                  NameIn(route.json_style, *raw) + "` as it is.");
    }
    return body.Set("content", std::move(content));
  }

  // In the order of the routes; those by RPC name at the end.
  JsonNode Tags() {
    JsonNode tags = JsonNode::Array();
    std::set<std::string> seen;
    for (const bool by_name : {false, true}) {
      for (const auto& route : routes_.routes()) {
        if (IsDefault(*route) != by_name || !seen.insert(TagOf(*route)).second) continue;
        const ServiceDescriptor& service = *route->method->service();
        JsonNode tag = JsonNode::Object({{"name", TagOf(*route)}});
        const std::string description =
            by_name ? "Every method of " + service.full_name() + " once more, as gRPC names it."
                    : comments_.Of(service);
        if (!description.empty()) tag.Set("description", description);
        tags.Push(std::move(tag));
      }
    }
    return tags;
  }

  const RouteTable& routes_;
  const Comments& comments_;
  Schemas schemas_;
  Responses responses_{schemas_};
  JsonNode paths_ = JsonNode::Object();
  std::map<std::string, std::vector<std::string>> names_;  // of a path, by its shape
  std::set<std::string> ids_;
};

}  // namespace

std::string OpenApiDocument(const RouteTable& routes, const Comments& comments,
                            std::string_view version) {
  return DocumentWriter(routes, comments).Write(version);
}

}  // namespace trellis::gateway
