#include "gateway/testing/parse_service.h"

#include <cstdlib>

#include "gateway/testing/kinds.pb.h"
#include "google/api/annotations.pb.h"
#include "google/protobuf/text_format.h"
#include "trellis/http/v1/options.pb.h"

namespace trellis::gateway::testing {

const google::protobuf::ServiceDescriptor* ParseService(const std::string& text) {
  // Touching a file's descriptors makes sure that it is linked in.
  const auto* kinds = Kinds::descriptor()->file();
  (void)google::api::http.number();
  (void)trellis::http::v1::http_options.number();

  static int count = 0;
  const std::string number = std::to_string(++count);
  google::protobuf::FileDescriptorProto file;
  file.set_name("parsed" + number + ".proto");
  file.set_package("trellis.gateway.testing");
  file.set_syntax("proto3");
  file.add_dependency(kinds->name());
  auto* service = file.add_service();
  if (!google::protobuf::TextFormat::ParseFromString(text, service)) std::abort();
  service->set_name("Parsed" + number);
  for (auto& method : *service->mutable_method()) {
    method.set_input_type(".trellis.gateway.testing.Lookup");
    method.set_output_type(".trellis.gateway.testing.Kinds");
  }
  static auto& pool =
      *new google::protobuf::DescriptorPool(google::protobuf::DescriptorPool::generated_pool());
  const auto* built = pool.BuildFile(file);
  if (built == nullptr) std::abort();
  return built->service(0);
}

}  // namespace trellis::gateway::testing
