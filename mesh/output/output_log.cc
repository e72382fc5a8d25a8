#include "mesh/output/output_log.h"

#include <boost/asio/async_result.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "mesh/base/completion.h"

namespace trellis::output {

namespace asio = boost::asio;

class OutputLog::Ticket {
 public:
  Ticket(OutputLog& log, std::string id) : log_(log), id_(std::move(id)) {
    const std::lock_guard lock(log_.mutex_);
    watch_ = &*log_.watches_.emplace(id_, Watch{}).first;
    ++watch_->second.tickets;
  }
  ~Ticket() {
    const std::lock_guard lock(log_.mutex_);
    if (--watch_->second.tickets == 0) log_.watches_.erase(id_);
  }
  Ticket(const Ticket&) = delete;
  Ticket& operator=(const Ticket&) = delete;
  [[nodiscard]] const std::string& id() const { return id_; }

 private:
  OutputLog& log_;
  const std::string id_;
  Watches::value_type* watch_;
};

void OutputLog::DeleteTicket::operator()(Ticket* ticket) const { delete ticket; }

struct OutputLog::Pending {
  std::string id;
  std::string line;
  std::optional<base::WallTime> look_back_to;
  asio::any_io_executor executor;
  std::unique_ptr<base::Completion<absl::Status>> waiter;
  absl::Status outcome;
};

OutputLog::OutputLog(std::string path, std::function<void(const std::string&)> on_fatal)
    : on_fatal_(std::move(on_fatal)), file_(std::move(path)) {}

OutputLog::~OutputLog() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_one();
  if (writer_.joinable()) writer_.join();
}

absl::Status OutputLog::Open() {
  if (absl::Status status = file_.Open(); !status.ok()) return status;
  writer_ = std::thread([this] { WriterLoop(); });
  return absl::OkStatus();
}

OutputLog::TicketPtr OutputLog::Begin(std::string id) {
  return TicketPtr(new Ticket(*this, std::move(id)));
}

asio::awaitable<absl::Status> OutputLog::Commit(const Ticket& ticket, Line line) {
  Pending pending;
  pending.id = ticket.id();
  pending.look_back_to = line.look_back_to;
  pending.executor = co_await asio::this_coro::executor;
  pending.line.reserve(line.message.size() + 64);
  LogFile::AppendTime(line.time, &pending.line);
  pending.line.append("\t").append(ticket.id()).append("\t");
  LogFile::AppendEscaped(line.message, &pending.line);
  pending.line.push_back('\n');
  co_return co_await asio::async_initiate<const asio::use_awaitable_t<>&, void(absl::Status)>(
      [this](auto handler, Pending entry) {
        entry.waiter = base::MakeCompletion<absl::Status>(std::move(handler));
        bool wake = false;
        {
          const std::lock_guard lock(mutex_);
          wake = pending_.empty();
          pending_.push_back(std::move(entry));
        }
        if (wake) wake_.notify_one();
      },
      asio::use_awaitable, std::move(pending));
}

void OutputLog::WriterLoop() {
  for (;;) {
    std::vector<Pending> batch;
    {
      std::unique_lock lock(mutex_);
      wake_.wait(lock, [this] { return stopping_ || !pending_.empty(); });
      if (pending_.empty()) return;
      batch.swap(pending_);
    }
    CommitBatch(batch);
  }
}

void OutputLog::CommitBatch(std::vector<Pending>& batch) {
  const absl::Status written =
      failed_ ? absl::UnavailableError("the output file is broken") : WriteBatch(batch);
  for (Pending& pending : batch) pending.outcome = written;
  // One post for all: a batch comes from one reactor.
  const asio::any_io_executor executor = batch.front().executor;
  asio::post(executor, [batch = std::move(batch)]() mutable {
    for (Pending& pending : batch) pending.waiter->Done(std::move(pending.outcome));
  });
}

void OutputLog::MarkSeen(std::string_view id) {
  const std::lock_guard lock(mutex_);
  const auto watch = watches_.find(id);
  if (watch != watches_.end()) watch->second.seen = true;
}

absl::Status OutputLog::AppendUnseen(const std::vector<Pending>& batch) {
  std::string lines;
  std::vector<bool*> fresh;
  {
    const std::lock_guard lock(mutex_);
    for (const Pending& pending : batch) {
      bool& seen = watches_.find(pending.id)->second.seen;
      if (std::exchange(seen, true)) continue;
      fresh.push_back(&seen);
      lines += pending.line;
    }
  }
  const absl::Status status = file_.Append(lines);
  if (status.ok()) return status;
  const std::lock_guard lock(mutex_);
  for (bool* seen : fresh) *seen = false;
  return status;
}

absl::Status OutputLog::WriteBatch(const std::vector<Pending>& batch) {
  const auto mark = [this](std::string_view id) { MarkSeen(id); };
  std::optional<base::WallTime> look_back_to;
  for (const Pending& pending : batch) {
    if (!pending.look_back_to) continue;
    look_back_to = std::min(look_back_to.value_or(base::WallTime::max()), *pending.look_back_to);
  }
  if (look_back_to) {
    if (absl::Status status = file_.ScanBack(*look_back_to, mark); !status.ok()) return status;
  }
  if (absl::Status status = file_.Lock(); !status.ok()) return status;
  absl::Status status = file_.ScanNew(mark);
  if (status.ok()) status = AppendUnseen(batch);
  file_.Unlock();
  if (!status.ok()) return status;
  status = file_.Sync();
  if (status.ok()) return status;
  failed_ = true;
  on_fatal_(base::MessageOf(status));
  return status;
}

}  // namespace trellis::output
