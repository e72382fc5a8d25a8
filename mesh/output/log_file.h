#ifndef MESH_OUTPUT_LOG_FILE_H_
#define MESH_OUTPUT_LOG_FILE_H_

#include <functional>
#include <string>
#include <string_view>

#include "mesh/base/clock.h"
#include "mesh/base/status.h"

namespace trellis::output {

// The file under an OutputLog: appending under a lock that all processes respect, and looking for
// what others have appended. Lines are `time TAB id TAB ...`. Blocks; belongs to one thread, and to
// one object per path and process, since POSIX locks are per process.
class LogFile {
 public:
  using OnId = std::function<void(std::string_view id)>;

  explicit LogFile(std::string path) : path_(std::move(path)) {}
  ~LogFile();
  LogFile(const LogFile&) = delete;
  LogFile& operator=(const LogFile&) = delete;

  [[nodiscard]] absl::Status Open();

  // Locks the file. Waits for other processes; one that is stopped (SIGSTOP) while it holds the
  // lock could keep it for ever and then write late, so after a second it is killed, which is what
  // makes it safe to go on. Opens the file anew when its name has come to stand for another
  // (rotation).
  [[nodiscard]] absl::Status Lock();
  void Unlock();

  // Reports the ids of all lines appended since the last call or Append; locked. Cuts off a half
  // line at the end, which only a crash can have left while we hold the lock.
  [[nodiscard]] absl::Status ScanNew(const OnId& on_id);
  // Reports the ids of all present lines that are not older than `since`, newest first, with some
  // seconds of slack for clocks that differ. Needs no lock.
  [[nodiscard]] absl::Status ScanBack(base::WallTime since, const OnId& on_id) const;
  // Appends whole lines; locked. On an error the file is as it was before.
  [[nodiscard]] absl::Status Append(std::string_view lines);
  // fdatasync. After an error nobody knows what is on the disk.
  [[nodiscard]] absl::Status Sync();

  // The time column: UTC, RFC 3339, milliseconds.
  static void AppendTime(base::WallTime time, std::string* out);
  // With tab, newline and backslash escaped as \t, \n, \\.
  static void AppendEscaped(std::string_view text, std::string* out);

 private:
  [[nodiscard]] absl::Status Error(const char* what) const;
  [[nodiscard]] bool IsCurrent() const;
  void KillStoppedHolder() const;
  // What is in the file counts as seen, but for a half line at its end.
  absl::Status SkipToLastLine();
  [[nodiscard]] absl::StatusOr<int64_t> Size() const;
  absl::Status ReadAt(int64_t offset, size_t length, std::string* out) const;

  const std::string path_;
  int fd_ = -1;
  int64_t scanned_ = 0;  // all lines before it have been seen
};

}  // namespace trellis::output

#endif  // MESH_OUTPUT_LOG_FILE_H_
