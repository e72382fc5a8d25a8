#include "services/post/datagen/loader.h"

#include <algorithm>
#include <thread>
#include <vector>

namespace trellis::post::datagen {
namespace {

constexpr size_t kPiece = 256 * 1024;  // of a COPY, made at a time

}  // namespace

Loader::Loader(std::string url, const Shape& shape, const Run& run, int connections)
    : url_(std::move(url)), shape_(shape), run_(run), connections_(connections), rows_(shape) {
  for (const int chunk : run.done) sent_ += Begin(chunk + 1) - Begin(chunk);
}

int64_t Loader::Begin(int chunk) const {
  return 1 + std::min<int64_t>(int64_t{chunk} * run_.chunk_rows, shape_.posts);
}

absl::Status Loader::Load(const std::function<void(int64_t posts)>& on_progress) {
  std::vector<std::jthread> threads;
  running_ = connections_;
  for (int i = 0; i < connections_; ++i) threads.emplace_back([this] { Work(); });
  while (running_ > 0) {
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    on_progress(sent_);
  }
  threads.clear();
  const std::lock_guard lock(mutex_);
  return status_;
}

void Loader::Work() {
  absl::Status status = LoadChunks();
  if (!status.ok()) {
    next_chunk_ = run_.Chunks(shape_);
    const std::lock_guard lock(mutex_);
    if (status_.ok()) status_ = std::move(status);
  }
  --running_;
}

absl::Status Loader::LoadChunks() {
  auto session = Session::Open(url_);
  if (!session.ok()) return session.status();
  if (absl::Status joined = JoinRun(**session); !joined.ok()) return joined;
  // Nothing is lost that the record says is there: both are, or neither. The run's end is synced.
  absl::Status status = (*session)->Execute("SET synchronous_commit = off");
  if (!status.ok()) return status;
  // Spares the check of each row's foreign key, most of a COPY's time: the run's own session holds
  // the users (HoldUsers), which is what the check would do. Who may not do this has them checked.
  (void)(*session)->Execute("SET session_replication_role = replica");
  const int chunks = run_.Chunks(shape_);
  for (int chunk = next_chunk_++; chunk < chunks; chunk = next_chunk_++) {
    if (run_.done.contains(chunk)) continue;
    status = LoadChunk(**session, chunk);
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

absl::Status Loader::LoadChunk(Session& session, int chunk) {
  absl::Status status = session.Execute("BEGIN");
  if (!status.ok()) return status;
  const int64_t begin = Begin(chunk);
  const int64_t end = Begin(chunk + 1);
  int64_t number = begin;
  bool ended = false;
  const auto copied =
      session.CopyIn(std::string("COPY posts (") + Rows::kColumns + ") FROM STDIN (FORMAT binary)",
                     [&](std::string* data) {
                       if (ended) return false;
                       if (number == begin) Rows::AppendHeader(data);
                       const int64_t before = number;
                       for (; number < end && data->size() < kPiece; ++number) {
                         rows_.Append(number, run_.first_id + number - 1,
                                      run_.user_ids[rows_.UserOf(number)], run_.version, data);
                       }
                       sent_ += number - before;
                       ended = number == end;
                       if (ended) Rows::AppendTrailer(data);
                       return true;
                     });
  if (!copied.ok()) return copied.status();
  if (*copied != end - begin) {
    return base::MakeStatus(
        absl::StatusCode::kInternal,
        "COPY took " + std::to_string(*copied) + " posts of " + std::to_string(end - begin));
  }
  status = session.Execute("INSERT INTO datagen_chunks (run, chunk) VALUES ($1, $2)",
                           {std::to_string(run_.id), std::to_string(chunk)});
  if (!status.ok()) return status;
  return session.Execute("COMMIT");
}

}  // namespace trellis::post::datagen
