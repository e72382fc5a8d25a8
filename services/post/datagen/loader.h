#ifndef SERVICES_POST_DATAGEN_LOADER_H_
#define SERVICES_POST_DATAGEN_LOADER_H_

#include <atomic>
#include <functional>
#include <mutex>
#include <string>

#include "services/post/datagen/rows.h"
#include "services/post/datagen/run.h"

namespace trellis::post::datagen {

// Brings the chunks of a run that are not there yet into the table, over several connections at a
// time, a thread each: every chunk is one transaction of a binary COPY and its record. Blocks.
class Loader {
 public:
  Loader(std::string url, const Shape& shape, const Run& run, int connections);

  // `on_progress` is called on the caller's thread, some times a second, with sent(). The first
  // error ends all.
  [[nodiscard]] absl::Status Load(const std::function<void(int64_t posts)>& on_progress);

  // Posts that have been sent, those of earlier runs included.
  [[nodiscard]] int64_t sent() const { return sent_; }

 private:
  void Work();
  [[nodiscard]] absl::Status LoadChunks();
  [[nodiscard]] absl::Status LoadChunk(Session& session, int chunk);
  // The first number of a chunk; that of one after the last is where it ends.
  [[nodiscard]] int64_t Begin(int chunk) const;

  const std::string url_;
  const Shape shape_;
  const Run& run_;
  const int connections_;
  const Rows rows_;
  std::atomic<int> next_chunk_{0};
  std::atomic<int64_t> sent_{0};
  std::atomic<int> running_{0};
  std::mutex mutex_;
  absl::Status status_;
};

}  // namespace trellis::post::datagen

#endif  // SERVICES_POST_DATAGEN_LOADER_H_
