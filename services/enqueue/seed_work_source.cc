#include "services/enqueue/seed_work_source.h"

#include "mesh/base/ids.h"
#include "services/enqueue/stored_job.h"

namespace trellis::enqueue {

using base::Deadline;
using redis::Command;
using redis::Reply;

namespace {

constexpr int kBlockSeconds = 5;
constexpr std::string_view kReference = "job:";

}  // namespace

Async<ClaimedBatch> SeedWorkSource::Claim(int /*want*/, int /*holds*/, int64_t /*bytes*/,
                                          Deadline /*deadline*/) {
  const auto patience = [] { return Deadline::After(milliseconds((kBlockSeconds + 1) * 1000)); };
  Command pop("BRPOP", queue_, kBlockSeconds);
  const absl::StatusOr<Reply> popped = co_await blocking_.Execute(std::move(pop), patience());
  if (!popped.ok()) co_return popped.status();
  ClaimedBatch batch;
  if (popped->size() < 2) co_return batch;
  const std::string_view entry = (*popped)[1].Text();
  ClaimedJob job;
  job.ref.id = base::NewUuidV7();
  job.message = entry;
  if (entry.starts_with(kReference)) {
    const std::string id(entry.substr(kReference.size()));
    const std::string key = "{" + queue_ + "}:jobs";
    Command get("HGET", key, id);
    const absl::StatusOr<Reply> record = co_await blocking_.Execute(std::move(get), patience());
    if (!record.ok()) co_return record.status();
    const absl::StatusOr<StoredJob> stored = DecodeJob(record->Text());
    if (stored.ok()) {
      job.ref.id = id;
      job.message = stored->message;
      job.enqueued_at = stored->enqueued_at;
      Command forget("HDEL", key, id);
      (void)co_await blocking_.Execute(std::move(forget), patience());
    }
  }
  batch.jobs.push_back(std::move(job));
  co_return batch;
}

boost::asio::awaitable<void> SeedWorkSource::AwaitWork(milliseconds /*patience*/) { co_return; }

Async<std::vector<std::string>> SeedWorkSource::Complete(const std::vector<ClaimRef>& /*jobs*/,
                                                         Deadline /*deadline*/) {
  co_return std::vector<std::string>();
}

Async<bool> SeedWorkSource::Fail(const ClaimedJob& /*job*/, std::string /*reason*/,
                                 milliseconds /*delay*/, Deadline /*deadline*/) {
  co_return true;
}

boost::asio::awaitable<absl::Status> SeedWorkSource::Release(const std::vector<ClaimRef>& /*jobs*/,
                                                             Deadline /*deadline*/) {
  co_return absl::OkStatus();
}

Async<TickResult> SeedWorkSource::Tick(Deadline /*deadline*/) { co_return TickResult{}; }

Async<int> SeedWorkSource::Reconcile(const std::vector<ClaimRef>& /*known*/,
                                     Deadline /*deadline*/) {
  co_return 0;
}

boost::asio::awaitable<absl::Status> SeedWorkSource::Leave(Deadline /*deadline*/) {
  co_return absl::OkStatus();
}

}  // namespace trellis::enqueue
