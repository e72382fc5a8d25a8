#ifndef MESH_AMQP_IMPL_ANSWERS_H_
#define MESH_AMQP_IMPL_ANSWERS_H_

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/post.hpp>
#include <memory>
#include <utility>
#include <vector>

#include "mesh/base/completion.h"

namespace trellis::amqp {

// A coroutine that waits, and where it runs.
template <typename Result>
struct Caller {
  template <typename Handler>
  static Caller Of(Handler handler) {
    boost::asio::any_io_executor executor = boost::asio::get_associated_executor(handler);
    return {std::move(executor), base::MakeCompletion<Result>(std::move(handler))};
  }

  boost::asio::any_io_executor executor;
  std::unique_ptr<base::Completion<Result>> completion;  // null once answered
};

// Collects answers and resumes their callers on their own executors with one post for each
// executor: a post takes the executor's lock and may wake its thread. One thread.
template <typename Result>
class Answers {
 public:
  ~Answers() { Post(); }

  // Does nothing when the caller has its answer already.
  void Add(Caller<Result>* caller, Result result) {
    if (caller->completion == nullptr) return;
    Batch& batch = BatchOf(caller->executor);
    batch.items.emplace_back(std::move(caller->completion), std::move(result));
  }

  void Post() {
    for (Batch& batch : batches_) {
      boost::asio::post(batch.executor, [items = std::move(batch.items)]() mutable {
        for (auto& [completion, result] : items) {
          // Freed before the caller goes on: it may wait for the next answer for long.
          const auto waiting = std::move(completion);
          waiting->Done(std::move(result));
        }
      });
    }
    batches_.clear();
  }

 private:
  struct Batch {
    boost::asio::any_io_executor executor;
    std::vector<std::pair<std::unique_ptr<base::Completion<Result>>, Result>> items;
  };

  Batch& BatchOf(const boost::asio::any_io_executor& executor) {
    for (Batch& batch : batches_) {
      if (batch.executor == executor) return batch;
    }
    return batches_.emplace_back(Batch{executor, {}});
  }

  std::vector<Batch> batches_;
};

}  // namespace trellis::amqp

#endif  // MESH_AMQP_IMPL_ANSWERS_H_
