#include "gateway/upstream/batch_form.h"

#include "gateway/routing/route.h"
#include "google/rpc/status.pb.h"
#include "mesh/rpc/status_message.h"
#include "trellis/http/v1/options.pb.h"

namespace trellis::gateway {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::MessageFactory;

namespace {

bool Is(const FieldDescriptor* field, const char* name, bool repeated, const Descriptor* message) {
  if (field == nullptr || field->name() != name || field->is_repeated() != repeated) return false;
  return message == nullptr || field->message_type() == message;
}

}  // namespace

absl::StatusOr<BatchForm> BatchForm::Of(const google::protobuf::MethodDescriptor& method) {
  const std::string& name =
      method.options().GetExtension(trellis::http::v1::http_options).batch_method();
  const auto bad = [&](const std::string& what) {
    return base::MakeStatus(absl::StatusCode::kInvalidArgument,
                            method.full_name() + ": batch_method " + name + " " + what);
  };
  const auto* batch = method.service()->FindMethodByName(name);
  if (batch == nullptr) return bad("is no method of the service");
  if (batch->client_streaming() || batch->server_streaming()) return bad("must be unary");
  BatchForm form;
  form.rpc_path_ = RpcPath(*batch);
  form.requests_ = batch->input_type()->FindFieldByNumber(1);
  if (!Is(form.requests_, "requests", true, method.input_type())) {
    return bad("must take repeated " + method.input_type()->name() + " requests = 1");
  }
  form.traceparents_ = batch->input_type()->FindFieldByNumber(2);
  if (!Is(form.traceparents_, "traceparents", true, nullptr) ||
      form.traceparents_->type() != FieldDescriptor::TYPE_STRING) {
    return bad("must take repeated string traceparents = 2");
  }
  form.results_ = batch->output_type()->FindFieldByNumber(1);
  if (!Is(form.results_, "results", true, nullptr) || form.results_->message_type() == nullptr) {
    return bad("must answer repeated results = 1");
  }
  form.result_response_ = form.results_->message_type()->FindFieldByNumber(1);
  form.result_error_ = form.results_->message_type()->FindFieldByNumber(2);
  if (!Is(form.result_response_, "response", false, method.output_type()) ||
      !Is(form.result_error_, "error", false, google::rpc::Status::descriptor()) ||
      form.result_response_->containing_oneof() == nullptr ||
      form.result_response_->containing_oneof() != form.result_error_->containing_oneof()) {
    return bad("must answer results of oneof { " + method.output_type()->name() +
               " response = 1; google.rpc.Status error = 2; }");
  }
  MessageFactory* const factory = MessageFactory::generated_factory();
  form.request_ = factory->GetPrototype(batch->input_type());
  form.response_ = factory->GetPrototype(batch->output_type());
  return form;
}

std::unique_ptr<Message> BatchForm::NewRequest() const {
  return std::unique_ptr<Message>(request_->New());
}

std::unique_ptr<Message> BatchForm::NewResponse() const {
  return std::unique_ptr<Message>(response_->New());
}

void BatchForm::Add(const Message& request, const std::string& traceparent, Message* batch) const {
  const auto* const reflection = batch->GetReflection();
  reflection->AddMessage(batch, requests_)->CopyFrom(request);
  reflection->AddString(batch, traceparents_, traceparent);
}

int BatchForm::ResultCount(const Message& response) const {
  return response.GetReflection()->FieldSize(response, results_);
}

absl::Status BatchForm::TakeResult(int i, Message* batch, Message* response) const {
  Message* const result = batch->GetReflection()->MutableRepeatedMessage(batch, results_, i);
  const auto* const reflection = result->GetReflection();
  if (reflection->HasField(*result, result_response_)) {
    Message* const found = reflection->MutableMessage(result, result_response_);
    found->GetReflection()->Swap(found, response);
    return absl::OkStatus();
  }
  const auto* const error = google::protobuf::DynamicCastToGenerated<google::rpc::Status>(
      &reflection->GetMessage(*result, result_error_));
  if (error == nullptr || error->code() == 0) {
    return base::MakeStatus(absl::StatusCode::kInternal,
                            rpc_path_ + " gave a result without response or error");
  }
  return rpc::FromMessage(*error);
}

}  // namespace trellis::gateway
