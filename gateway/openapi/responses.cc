#include "gateway/openapi/responses.h"

#include <map>
#include <set>
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

JsonNode ErrorSchema(Schemas* schemas) { return schemas->Of(*google::rpc::Status::descriptor()); }

JsonNode RequestIdHeader() {
  return JsonNode::Object(
      {{"X-Request-Id", JsonNode::Object({{"$ref", "#/components/headers/X-Request-Id"}})}});
}

JsonNode Error(const std::string& description, Schemas* schemas) {
  return JsonNode::Object({{"description", description},
                           {"headers", RequestIdHeader()},
                           {"content", Content("application/json", ErrorSchema(schemas))}});
}

// One of {"result":...} and {"error":...} a line, or events.
JsonNode StreamContent(const JsonNode& message, Schemas* schemas) {
  const auto line = [](const char* name, const JsonNode& schema) {
    return JsonNode::Object({{"type", "object"},
                             {"properties", JsonNode::Object({{name, schema}})},
                             {"required", JsonNode::Array({name})}});
  };
  JsonNode ndjson = JsonNode::Object(
      {{"description", "One line. An `error` is the last one."},
       {"oneOf", JsonNode::Array({line("result", message), line("error", ErrorSchema(schemas))})}});
  JsonNode events = JsonNode::Object(
      {{"description",
        "The `data` of one event, JSON. The last event is named `error` when the call failed, and "
        "its data are of the form of an error."},
       {"type", "string"},
       {"contentMediaType", "application/json"},
       {"contentSchema",
        JsonNode::Object({{"anyOf", JsonNode::Array({message, ErrorSchema(schemas)})}})}});
  JsonNode content = Content("application/x-ndjson", std::move(ndjson));
  content.Set("text/event-stream", JsonNode::Object({{"schema", std::move(events)}}));
  return content;
}

JsonNode MessageSchema(const Route& route, Schemas* schemas) {
  const auto* field = route.response_body_field;
  if (field == nullptr) return schemas->Of(*route.method->output_type());
  JsonNode schema = schemas->Of(*field);
  if (!field->has_presence()) return schema;
  // null when it is not set.
  return JsonNode::Object(
      {{"anyOf", JsonNode::Array({schema, JsonNode::Object({{"type", "null"}})})}});
}

JsonNode Success(const Route& route, Schemas* schemas) {
  const bool streaming = route.method->server_streaming();
  JsonNode response = JsonNode::Object(
      {{"description",
        streaming ? "A message a line, or an event each for `Accept: text/event-stream`, as the "
                    "service sends them."
                  : "What the service answers."},
       {"headers", RequestIdHeader()}});
  if (route.http_method != "HEAD") {
    JsonNode message = MessageSchema(route, schemas);
    response.Set("content", streaming ? StreamContent(message, schemas)
                                      : Content("application/json", std::move(message)));
  }
  return response;
}

}  // namespace

JsonNode ResponsesOf(const Route& route, std::string_view comment, Schemas* schemas) {
  std::set<int> errors = {400, 500, 503, 504};
  if (route.body != Route::Body::kNone) errors.insert(kTooLarge);
  for (const auto& [status, names] : CodesByStatus()) {
    for (const std::string& name : names) {
      if (Names(comment, name)) errors.insert(status);
    }
  }
  JsonNode responses = JsonNode::Object({{"200", Success(route, schemas)}});
  for (const int status : errors) {
    responses.Set(
        std::to_string(status),
        JsonNode::Object({{"$ref", "#/components/responses/Error" + std::to_string(status)}}));
  }
  responses.Set("default", JsonNode::Object({{"$ref", "#/components/responses/Error"}}));
  return responses;
}

JsonNode ErrorComponents(Schemas* schemas) {
  std::map<int, JsonNode> made;
  for (const auto& [status, names] : CodesByStatus()) {
    std::string description;
    for (size_t i = 0; i < names.size(); ++i) {
      description += (i == 0 ? "" : i + 1 < names.size() ? ", " : " or ") + names[i];
    }
    if (status == 400) {
      description += "; where a field is to blame, `details` has a google.rpc.BadRequest with it";
    }
    JsonNode error = Error(description + ".", schemas);
    if (status == 429 || status == 503) {
      error["headers"].Set("Retry-After",
                           JsonNode::Object({{"$ref", "#/components/headers/Retry-After"}}));
    }
    made.emplace(status, std::move(error));
  }
  made.emplace(kTooLarge, Error("The body is larger than the gateway takes.", schemas));
  JsonNode components = JsonNode::Object({{"Error", Error("Any other error.", schemas)}});
  for (auto& [status, error] : made) {
    components.Set("Error" + std::to_string(status), std::move(error));
  }
  return components;
}

JsonNode HeaderComponents() {
  return JsonNode::Object(
      {{"X-Request-Id", JsonNode::Object({{"description",
                                           "Under this id the request is found in the logs: the "
                                           "client's X-Request-Id, or a new one."},
                                          {"schema", JsonNode::Object({{"type", "string"}})}})},
       {"Retry-After", JsonNode::Object({{"description", "Seconds to wait before trying again."},
                                         {"schema", JsonNode::Object({{"type", "integer"}})}})}});
}

}  // namespace trellis::gateway
