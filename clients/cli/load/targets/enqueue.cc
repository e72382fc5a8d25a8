// Enqueue: random messages in the server's default queue, where workers take them as any others.

#include <array>
#include <string_view>

#include "clients/cli/load/random.h"
#include "clients/cli/load/target.h"
#include "trellis/enqueue/v1/enqueue.grpc.pb.h"

namespace trellis::cli::load {
namespace {

namespace v1 = enqueue::v1;

constexpr std::array<std::string_view, 24> kWords{
    "amber",  "bridge", "cobalt",  "delta",  "ember",  "fjord",  "garnet", "harbor",
    "iris",   "jasper", "kestrel", "lumen",  "meadow", "nimbus", "onyx",   "pepper",
    "quartz", "river",  "saffron", "timber", "umber",  "velvet", "willow", "zephyr"};
constexpr size_t kMostWords = 64;

// 2 to 64 words, half of the messages under 20: from 30 to about 500 bytes.
std::string Message(const Setup& setup, int64_t index) {
  Random random(setup.seed, index);
  const size_t most = random.Below(2) == 0 ? 20 : kMostWords;
  std::string message = "load " + setup.run + " " + std::to_string(index);
  for (size_t words = 2 + random.Below(most - 1); words > 0; --words) {
    message += ' ';
    message += random.OneOf(kWords);
  }
  return message;
}

absl::StatusOr<MakeRequest> Prepare(const Setup& setup) {
  return MakeRequest([setup](int64_t index) {
    v1::EnqueueRequest request;
    request.set_message(Message(setup, index));
    return request.SerializeAsString();
  });
}

}  // namespace

Target EnqueueTarget() {
  return {.name = "enqueue",
          .summary = "Enqueue: messages of 30 to 500 bytes, which workers then take",
          .service = v1::EnqueueService::service_full_name(),
          .method = "Enqueue",
          .variable = "ENQUEUE_ADDR",
          .default_address = "127.0.0.1:50051",
          .prepare = Prepare};
}

}  // namespace trellis::cli::load
