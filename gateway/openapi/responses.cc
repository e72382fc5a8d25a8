#include "gateway/openapi/responses.h"

#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "gateway/transcoding/error_json.h"
#include "google/rpc/status.pb.h"

namespace trellis::gateway {
namespace {

constexpr int kTooLarge = 413;  // by mesh/http, not by a code

// The codes that an HTTP status stands for, by name. Not OK.
const std::map<int, std::vector<std::string>>& CodesByStatus() {
  static const auto& codes = *[] {
    auto* made = new std::map<int, std::vector<std::string>>;
    for (int code = 1; code <= 16; ++code) {
      const auto status = static_cast<absl::StatusCode>(code);
      (*made)[HttpStatusFromCode(status)].push_back(absl::StatusCodeToString(status));
    }
    return made;
  }();
  return codes;
}

bool IsWordPart(char c) { return isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; }

bool Names(std::string_view text, std::string_view word) {
  for (size_t at = text.find(word); at != text.npos; at = text.find(word, at + 1)) {
    const size_t end = at + word.size();
    if ((at == 0 || !IsWordPart(text[at - 1])) && (end == text.size() || !IsWordPart(text[end]))) {
      return true;
    }
  }
  return false;
}

JsonNode Content(const char* type, JsonNode schema) {
  return JsonNode::Object({{type, JsonNode::Object({{"schema", std::move(schema)}})}});
}

std::string DescriptionOf(int http_status) {
  if (http_status == kTooLarge) return "The body is larger than the gateway takes.";
  const std::vector<std::string>& names = CodesByStatus().at(http_status);
  std::string description;
  for (size_t i = 0; i < names.size(); ++i) {
    description += (i == 0 ? "" : i + 1 < names.size() ? ", " : " or ") + names[i];
  }
  if (http_status == 400) {
    description += "; where a field is to blame, `details` has a google.rpc.BadRequest with it";
  }
  return description + ".";
}

JsonNode RequestIdHeader() {
  return JsonNode::Object(
      {{"X-Request-Id", JsonNode::Object({{"$ref", "#/components/headers/X-Request-Id"}})}});
}

}  // namespace

JsonNode Responses::ErrorSchema() { return schemas_.Of(*google::rpc::Status::descriptor()); }

JsonNode Responses::Error(const std::string& description) {
  return JsonNode::Object({{"description", description},
                           {"headers", RequestIdHeader()},
                           {"content", Content("application/json", ErrorSchema())}});
}

// One of {"result":...} and {"error":...} a line, or events.
JsonNode Responses::Stream(const JsonNode& message) {
  const auto line = [](const char* name, const JsonNode& schema) {
    return JsonNode::Object({{"type", "object"},
                             {"properties", JsonNode::Object({{name, schema}})},
                             {"required", JsonNode::Array({name})}});
  };
  JsonNode ndjson = JsonNode::Object(
      {{"description", "One line. An `error` is the last one."},
       {"oneOf", JsonNode::Array({line("result", message), line("error", ErrorSchema())})}});
  JsonNode events = JsonNode::Object(
      {{"description",
        "The `data` of one event, JSON. The last event is named `error` when the call failed, and "
        "its data are of the form of an error."},
       {"type", "string"},
       {"contentMediaType", "application/json"},
       {"contentSchema",
        JsonNode::Object({{"anyOf", JsonNode::Array({message, ErrorSchema()})}})}});
  JsonNode content = Content("application/x-ndjson", std::move(ndjson));
  content.Set("text/event-stream", JsonNode::Object({{"schema", std::move(events)}}));
  return content;
}

JsonNode Responses::Body(const Route& route) {
  const auto* field = route.response_body_field;
  if (field == nullptr) return schemas_.Of(*route.method->output_type(), route.json_style);
  JsonNode schema = schemas_.Of(*field, route.json_style);
  if (!field->has_presence()) return schema;
  // null when it is not set.
  return JsonNode::Object(
      {{"anyOf", JsonNode::Array({schema, JsonNode::Object({{"type", "null"}})})}});
}

JsonNode Responses::Success(const Route& route) {
  const bool streaming = route.method->server_streaming();
  JsonNode response = JsonNode::Object(
      {{"description",
        streaming ? "A message a line, or an event each for `Accept: text/event-stream`, as the "
                    "service sends them."
                  : "What the service answers."},
       {"headers", RequestIdHeader()}});
  if (route.http_method == "HEAD") return response;
  JsonNode body = Body(route);
  return response.Set("content",
                      streaming ? Stream(body) : Content("application/json", std::move(body)));
}

JsonNode Responses::Of(const Route& route, std::string_view comment) {
  std::set<int> errors = {400, 500, 503, 504};
  if (route.body != Route::Body::kNone) errors.insert(kTooLarge);
  for (const auto& [status, names] : CodesByStatus()) {
    for (const std::string& name : names) {
      if (Names(comment, name)) errors.insert(status);
    }
  }
  used_.insert(errors.begin(), errors.end());
  const auto reference = [](const std::string& name) {
    return JsonNode::Object({{"$ref", "#/components/responses/" + name}});
  };
  JsonNode responses = JsonNode::Object({{"200", Success(route)}});
  for (const int status : errors) {
    responses.Set(std::to_string(status), reference("Error" + std::to_string(status)));
  }
  return responses.Set("default", reference("Error"));
}

JsonNode Responses::Components() {
  JsonNode components = JsonNode::Object({{"Error", Error("Any other error.")}});
  for (const int status : used_) {
    JsonNode error = Error(DescriptionOf(status));
    if (status == 429 || status == 503) {
      error["headers"].Set("Retry-After",
                           JsonNode::Object({{"$ref", "#/components/headers/Retry-After"}}));
    }
    components.Set("Error" + std::to_string(status), std::move(error));
  }
  return components;
}

JsonNode Responses::HeaderComponents() {
  return JsonNode::Object(
      {{"X-Request-Id", JsonNode::Object({{"description",
                                           "Under this id the request is found in the logs: the "
                                           "client's X-Request-Id, or a new one."},
                                          {"schema", JsonNode::Object({{"type", "string"}})}})},
       {"Retry-After", JsonNode::Object({{"description", "Seconds to wait before trying again."},
                                         {"schema", JsonNode::Object({{"type", "integer"}})}})}});
}

}  // namespace trellis::gateway
