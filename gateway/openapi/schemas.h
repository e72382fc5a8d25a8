#ifndef GATEWAY_OPENAPI_SCHEMAS_H_
#define GATEWAY_OPENAPI_SCHEMAS_H_

#include <map>
#include <set>
#include <string>

#include "gateway/openapi/comments.h"
#include "gateway/openapi/json_node.h"
#include "gateway/routing/route.h"
#include "google/protobuf/descriptor.h"

namespace trellis::gateway {

// JSON Schemas (2020-12, as OpenAPI 3.1 has them) of what json_writer.h writes and json_reader.h
// reads. Messages and enums are references to components, which are collected as they are asked
// for; well-known types stand where they are used. A route whose JSON has a style of its own has
// components of its own for messages, whose names end in the style; requests have it too, since the
// reader takes either form. Borrows the comments; not thread-safe.
class Schemas {
 public:
  explicit Schemas(const Comments& comments) : comments_(comments) {}

  // Says that requests hold the message: its fields may be left out then. Those of messages that
  // only responses hold are required where the writer always writes them.
  void AddRequest(const google::protobuf::Descriptor& message);

  [[nodiscard]] JsonNode Of(const google::protobuf::Descriptor& message, JsonStyle style = {});
  // With its comment: a list, a map or a single value.
  [[nodiscard]] JsonNode Of(const google::protobuf::FieldDescriptor& field, JsonStyle style = {});
  // One element of a list, or the single value, without a comment.
  [[nodiscard]] JsonNode OfElement(const google::protobuf::FieldDescriptor& field,
                                   JsonStyle style = {});

  // All components that the schemas given out so far refer to, by name.
  [[nodiscard]] JsonNode Components();

 private:
  [[nodiscard]] JsonNode Reference(const std::string& name) const;
  [[nodiscard]] JsonNode Component(const google::protobuf::Descriptor& message, JsonStyle style);
  [[nodiscard]] JsonNode Component(const google::protobuf::EnumDescriptor& type) const;

  struct Styled {
    const google::protobuf::Descriptor* message;
    JsonStyle style;
  };

  const Comments& comments_;
  std::set<const google::protobuf::Descriptor*> in_requests_;
  std::map<std::string, Styled> messages_;
  std::map<std::string, const google::protobuf::EnumDescriptor*> enums_;
};

// The name of a field in a document of that style.
[[nodiscard]] const std::string& NameIn(JsonStyle style,
                                        const google::protobuf::FieldDescriptor& field);

}  // namespace trellis::gateway

#endif  // GATEWAY_OPENAPI_SCHEMAS_H_
