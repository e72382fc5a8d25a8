#ifndef MESH_REDIS_IMPL_COMPLETION_H_
#define MESH_REDIS_IMPL_COMPLETION_H_

#include <memory>
#include <utility>

#include "mesh/base/status.h"
#include "mesh/redis/reply.h"

namespace trellis::redis::impl {

// The handler of one command, with its type erased (Boost 1.81 has no any_completion_handler and
// C++20 no move_only_function).
class Completion {
 public:
  virtual ~Completion() = default;
  // Resumes the caller, inline. Once.
  virtual void Done(absl::StatusOr<Reply> reply) = 0;
};

template <typename Handler>
class CompletionOf final : public Completion {
 public:
  explicit CompletionOf(Handler handler) : handler_(std::move(handler)) {}
  void Done(absl::StatusOr<Reply> reply) override { std::move(handler_)(std::move(reply)); }

 private:
  Handler handler_;
};

template <typename Handler>
std::unique_ptr<Completion> MakeCompletion(Handler handler) {
  return std::make_unique<CompletionOf<Handler>>(std::move(handler));
}

}  // namespace trellis::redis::impl

#endif  // MESH_REDIS_IMPL_COMPLETION_H_
