#include "gateway/openapi/parameters.h"

#include <algorithm>

namespace trellis::gateway {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using Chain = std::vector<const FieldDescriptor*>;

JsonNode PathParameter(const PathShape::Parameter& parameter, const std::string& name,
                       JsonStyle style, const Comments& comments, Schemas* schemas) {
  JsonNode schema = parameter.field != nullptr && parameter.whole
                        ? schemas->OfElement(*parameter.field->leaf(), style)
                        : JsonNode::Object({{"type", "string"}});
  std::string description = parameter.field == nullptr ? "" : comments.Of(*parameter.field->leaf());
  const auto add = [&description](const std::string& line) {
    description += (description.empty() ? "" : "\n\n") + line;
  };
  if (parameter.field != nullptr && !parameter.whole) {
    add("Part of `" + parameter.field->text + "`, which the whole of these segments is.");
  } else if (parameter.field != nullptr && name != parameter.field->text) {
    add("The field `" + parameter.field->text + "`.");
  }
  if (parameter.multi) add("May be several segments with slashes between them, or none.");
  JsonNode node = JsonNode::Object({{"name", name}, {"in", "path"}, {"required", true}});
  if (!description.empty()) node.Set("description", description);
  return node.Set("schema", std::move(schema));
}

// Whether a query parameter can hold it (PutWellKnownText).
bool HasTextForm(const Descriptor& message) {
  switch (message.well_known_type()) {
    case Descriptor::WELLKNOWNTYPE_UNSPECIFIED:
    case Descriptor::WELLKNOWNTYPE_ANY:
    case Descriptor::WELLKNOWNTYPE_STRUCT:
    case Descriptor::WELLKNOWNTYPE_VALUE:
    case Descriptor::WELLKNOWNTYPE_LISTVALUE:
      return false;
    default:
      return true;
  }
}

class QueryWriter {
 public:
  QueryWriter(const Route& route, const Comments& comments, Schemas* schemas, JsonNode* out)
      : route_(route), comments_(comments), schemas_(*schemas), out_(*out) {}

  void Write() { Fields(*route_.method->input_type()); }

 private:
  void Fields(const Descriptor& message) {
    for (int i = 0; i < message.field_count(); ++i) {
      chain_.push_back(message.field(i));
      Field(*message.field(i));
      chain_.pop_back();
    }
  }

  void Field(const FieldDescriptor& field) {
    if (field.is_map() || IsTakenElsewhere()) return;
    const Descriptor* message = field.message_type();
    if (message == nullptr || HasTextForm(*message)) {
      Parameter(field);
    } else if (!field.is_repeated() &&
               message->well_known_type() == Descriptor::WELLKNOWNTYPE_UNSPECIFIED &&
               std::find(open_.begin(), open_.end(), message) == open_.end()) {
      // A type within itself is followed once; the gateway would take more.
      open_.push_back(message);
      Fields(*message);
      open_.pop_back();
    }
  }

  // By the path or the body.
  [[nodiscard]] bool IsTakenElsewhere() const {
    if (chain_.front() == route_.body_field || chain_.front() == route_.raw_body_field) return true;
    return std::any_of(route_.variables.begin(), route_.variables.end(),
                       [this](const FieldPath& variable) { return variable.chain == chain_; });
  }

  void Parameter(const FieldDescriptor& field) {
    std::string name;
    for (const FieldDescriptor* part : chain_) {
      name += (name.empty() ? "" : ".") + NameIn(route_.json_style, *part);
    }
    JsonNode schema = schemas_.OfElement(field, route_.json_style);
    if (field.is_repeated()) {
      schema = JsonNode::Object({{"type", "array"}, {"items", schema}});
    }
    JsonNode node = JsonNode::Object({{"name", name}, {"in", "query"}});
    const std::string comment = comments_.Of(field);
    if (!comment.empty()) node.Set("description", comment);
    out_.Push(node.Set("schema", std::move(schema)));
  }

  const Route& route_;
  const Comments& comments_;
  Schemas& schemas_;
  JsonNode& out_;
  Chain chain_;
  std::vector<const Descriptor*> open_;
};

}  // namespace

JsonNode ParametersOf(const Route& route, const PathShape& shape,
                      const std::vector<std::string>& names, const Comments& comments,
                      Schemas* schemas) {
  JsonNode parameters = JsonNode::Array();
  for (size_t i = 0; i < shape.parameters.size(); ++i) {
    parameters.Push(
        PathParameter(shape.parameters[i], names[i], route.json_style, comments, schemas));
  }
  if (route.body != Route::Body::kWhole || route.raw_body_field != nullptr) {
    QueryWriter(route, comments, schemas, &parameters).Write();
  }
  return parameters;
}

}  // namespace trellis::gateway
