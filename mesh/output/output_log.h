#ifndef MESH_OUTPUT_OUTPUT_LOG_H_
#define MESH_OUTPUT_OUTPUT_LOG_H_

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

#include "mesh/base/clock.h"
#include "mesh/base/status.h"
#include "mesh/output/log_file.h"

namespace trellis::output {

// One line per id in a file that several processes append to: `time TAB id TAB message`, with tab,
// newline and backslash escaped. Committed means: in the file, after fdatasync, once.
//
// The file decides who was first. Every batch is written under a lock on the file, after a look at
// what others have appended since: a job whose line is there already is not written again, however
// late or stopped its worker was. A job that was delivered before is also looked for in what is
// older. A half line, left by a crash, is cut off under the same lock.
//
// Group commit: one write and one fdatasync for all that came in during the last one, on a thread
// of its own. When fdatasync fails nothing is known of what was written: `on_fatal` is called,
// which is to end the process, and nothing is acknowledged any more. When a write fails (disk
// full), the batch is taken back from the file and fails with UNAVAILABLE.
//
// Thread-safe. Begin and Commit suspend, they do not block.
class OutputLog {
 public:
  OutputLog(std::string path, std::function<void(const std::string&)> on_fatal);
  // Waits for what is being committed.
  ~OutputLog();
  OutputLog(const OutputLog&) = delete;
  OutputLog& operator=(const OutputLog&) = delete;

  // Opens the file, creating it if need be. The error names the path.
  [[nodiscard]] absl::Status Open();

  // From now on the id is watched for in what others append. Call it as soon as the job is claimed;
  // destroying the ticket ends the watch.
  class Ticket;
  struct DeleteTicket {
    void operator()(Ticket* ticket) const;
  };
  using TicketPtr = std::unique_ptr<Ticket, DeleteTicket>;
  [[nodiscard]] TicketPtr Begin(std::string id);

  struct Line {
    base::WallTime time;
    std::string_view message;
    // For a job that was delivered before: its line may be in the file, not older than this.
    std::optional<base::WallTime> look_back_to;
  };
  // Resumes on the caller's executor. OK also when the line was there already.
  [[nodiscard]] boost::asio::awaitable<absl::Status> Commit(const Ticket& ticket, Line line);

 private:
  struct Watch {
    int tickets = 0;
    bool seen = false;  // its line is in the file
  };
  struct Hash {
    using is_transparent = void;
    size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
  };
  using Watches = std::unordered_map<std::string, Watch, Hash, std::equal_to<>>;
  struct Pending;

  void WriterLoop();
  void CommitBatch(std::vector<Pending>& batch);
  absl::Status WriteBatch(const std::vector<Pending>& batch);
  absl::Status AppendUnseen(const std::vector<Pending>& batch);
  void MarkSeen(std::string_view id);

  const std::function<void(const std::string&)> on_fatal_;
  LogFile file_;  // the writer thread's
  std::mutex mutex_;
  std::condition_variable wake_;
  std::vector<Pending> pending_;
  Watches watches_;
  bool stopping_ = false;
  bool failed_ = false;
  std::thread writer_;
};

}  // namespace trellis::output

#endif  // MESH_OUTPUT_OUTPUT_LOG_H_
