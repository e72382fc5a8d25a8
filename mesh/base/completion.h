#ifndef MESH_BASE_COMPLETION_H_
#define MESH_BASE_COMPLETION_H_

#include <memory>
#include <utility>

namespace trellis::base {

// The handler of one asynchronous operation with its type erased, so that it can wait in a queue
// (Boost 1.81 has no any_completion_handler and C++20 no move_only_function).
template <typename Result>
class Completion {
 public:
  virtual ~Completion() = default;
  // Resumes the caller, inline: call it on the caller's executor. Once.
  virtual void Done(Result result) = 0;
};

template <typename Result, typename Handler>
std::unique_ptr<Completion<Result>> MakeCompletion(Handler handler) {
  class Of final : public Completion<Result> {
   public:
    explicit Of(Handler wrapped) : handler_(std::move(wrapped)) {}
    void Done(Result result) override { std::move(handler_)(std::move(result)); }

   private:
    Handler handler_;
  };
  return std::make_unique<Of>(std::move(handler));
}

}  // namespace trellis::base

#endif  // MESH_BASE_COMPLETION_H_
