#include "mesh/output/log_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <ctime>
#include <fstream>
#include <sstream>
#include <thread>

#include "mesh/telemetry/log.h"

namespace trellis::output {
namespace {

constexpr size_t kChunk = 1 << 20;
constexpr std::chrono::seconds kClockSlack{10};
constexpr base::milliseconds kPatienceWithStopped{1000};
constexpr std::chrono::microseconds kLockPause{200};

struct flock WholeFile(short type) {
  struct flock lock {};
  lock.l_type = type;
  lock.l_whence = SEEK_SET;
  return lock;
}

// Column `index` of a line, from 0.
std::string_view Column(std::string_view line, int index) {
  for (; index > 0; --index) {
    const size_t tab = line.find('\t');
    if (tab == line.npos) return {};
    line.remove_prefix(tab + 1);
  }
  return line.substr(0, line.find('\t'));
}

// 'T' in /proc/PID/stat: stopped by a signal. The state follows the name, which is in parentheses.
bool IsStopped(pid_t pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
  std::stringstream text;
  text << file.rdbuf();
  const std::string stat = text.str();
  const size_t name_end = stat.rfind(") ");
  return name_end != std::string::npos && stat.compare(name_end + 2, 1, "T") == 0;
}

}  // namespace

LogFile::~LogFile() {
  if (fd_ >= 0) close(fd_);
}

absl::Status LogFile::Error(const char* what) const {
  return base::MakeStatus(absl::StatusCode::kUnavailable,
                          std::string("cannot ") + what + " '" + path_ + "': " + strerror(errno));
}

absl::Status LogFile::Open() {
  if (fd_ >= 0) close(fd_);
  fd_ = open(path_.c_str(), O_CREAT | O_RDWR | O_APPEND | O_CLOEXEC, 0644);
  if (fd_ < 0) return Error("open");
  return SkipToLastLine();
}

absl::Status LogFile::SkipToLastLine() {
  const absl::StatusOr<int64_t> size = Size();
  if (!size.ok()) return size.status();
  std::string chunk;
  for (scanned_ = *size; scanned_ > 0;) {
    const int64_t begin = std::max<int64_t>(0, scanned_ - static_cast<int64_t>(kChunk));
    const auto length = static_cast<size_t>(scanned_ - begin);
    if (absl::Status s = ReadAt(begin, length, &chunk); !s.ok()) return s;
    const size_t newline = chunk.rfind('\n');
    if (newline != chunk.npos) {
      scanned_ = begin + static_cast<int64_t>(newline) + 1;
      break;
    }
    scanned_ = begin;
  }
  return absl::OkStatus();
}

bool LogFile::IsCurrent() const {
  struct stat by_name {};
  struct stat by_fd {};
  return stat(path_.c_str(), &by_name) == 0 && fstat(fd_, &by_fd) == 0 &&
         by_name.st_ino == by_fd.st_ino && by_name.st_dev == by_fd.st_dev;
}

absl::Status LogFile::Lock() {
  const base::SteadyTime start = std::chrono::steady_clock::now();
  for (;;) {
    struct flock lock = WholeFile(F_WRLCK);
    if (fcntl(fd_, F_SETLK, &lock) == 0) {
      if (IsCurrent()) return absl::OkStatus();
      // The new file is read from its start: what others have put there is new to us.
      if (absl::Status status = Open(); !status.ok()) return status;
      scanned_ = 0;
      continue;
    }
    if (errno != EAGAIN && errno != EACCES && errno != EINTR) return Error("lock");
    if (std::chrono::steady_clock::now() - start > kPatienceWithStopped) KillStoppedHolder();
    std::this_thread::sleep_for(kLockPause);
  }
}

void LogFile::KillStoppedHolder() const {
  struct flock holder = WholeFile(F_WRLCK);
  if (fcntl(fd_, F_GETLK, &holder) != 0 || holder.l_type == F_UNLCK || holder.l_pid <= 0) return;
  if (!IsStopped(holder.l_pid)) return;
  telemetry::Log(telemetry::Level::kError, "killing a stopped process that holds the output file",
                 {{"pid", holder.l_pid}, {"path", path_}});
  kill(holder.l_pid, SIGKILL);
}

void LogFile::Unlock() {
  struct flock lock = WholeFile(F_UNLCK);
  fcntl(fd_, F_SETLK, &lock);
}

absl::StatusOr<int64_t> LogFile::Size() const {
  struct stat info {};
  if (fstat(fd_, &info) != 0) return Error("look at");
  return static_cast<int64_t>(info.st_size);
}

absl::Status LogFile::ReadAt(int64_t offset, size_t length, std::string* out) const {
  out->resize(length);
  size_t done = 0;
  while (done < length) {
    const ssize_t n =
        pread(fd_, out->data() + done, length - done, offset + static_cast<int64_t>(done));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return Error("read");
    if (n == 0) break;
    done += static_cast<size_t>(n);
  }
  out->resize(done);
  return absl::OkStatus();
}

absl::Status LogFile::ScanNew(const OnId& on_id) {
  const absl::StatusOr<int64_t> size = Size();
  if (!size.ok()) return size.status();
  if (*size < scanned_) {  // somebody truncated it
    if (absl::Status s = SkipToLastLine(); !s.ok()) return s;
  }
  std::string chunk;
  for (size_t want = kChunk; scanned_ < *size;) {
    const auto left = static_cast<size_t>(*size - scanned_);
    if (absl::Status s = ReadAt(scanned_, std::min(left, want), &chunk); !s.ok()) return s;
    const size_t end = chunk.rfind('\n');
    if (end == chunk.npos) {
      if (chunk.size() < want) break;  // a half line is all that is left
      want *= 2;                       // a line longer than a chunk
      continue;
    }
    const std::string_view lines(chunk.data(), end + 1);
    for (size_t at = 0; at < lines.size();) {
      const size_t newline = lines.find('\n', at);
      on_id(Column(lines.substr(at, newline - at), 1));
      at = newline + 1;
    }
    scanned_ += static_cast<int64_t>(lines.size());
    want = kChunk;
  }
  if (scanned_ == *size) return absl::OkStatus();
  telemetry::Log(telemetry::Level::kWarn, "cutting off a half line at the end of the output file",
                 {{"path", path_}, {"bytes", *size - scanned_}});
  return ftruncate(fd_, scanned_) == 0 ? absl::OkStatus() : Error("truncate");
}

absl::Status LogFile::ScanBack(base::WallTime since, const OnId& on_id) const {
  const absl::StatusOr<int64_t> size = Size();
  if (!size.ok()) return size.status();
  std::string oldest;
  AppendTime(since - kClockSlack, &oldest);
  std::string tail;  // the start of the text read so far: the end of a line that begins before it
  for (int64_t end = *size; end > 0;) {
    const int64_t begin = std::max<int64_t>(0, end - static_cast<int64_t>(kChunk));
    std::string text;
    if (absl::Status s = ReadAt(begin, static_cast<size_t>(end - begin), &text); !s.ok()) return s;
    text += tail;
    const size_t first_newline = begin == 0 ? 0 : text.find('\n');
    if (first_newline == text.npos) {
      tail = std::move(text);
      end = begin;
      continue;
    }
    const size_t first_line = begin == 0 ? 0 : first_newline + 1;
    size_t line_end = text.rfind('\n');
    while (line_end != text.npos && line_end >= first_line) {
      const size_t previous = line_end == 0 ? text.npos : text.rfind('\n', line_end - 1);
      const size_t start =
          previous == text.npos || previous < first_line ? first_line : previous + 1;
      const std::string_view line(text.data() + start, line_end - start);
      if (Column(line, 0) < std::string_view(oldest)) return absl::OkStatus();
      on_id(Column(line, 1));
      if (start == first_line) break;
      line_end = previous;
    }
    tail = text.substr(0, first_line);
    end = begin;
  }
  return absl::OkStatus();
}

absl::Status LogFile::Append(std::string_view lines) {
  const int64_t before = scanned_;
  size_t done = 0;
  while (done < lines.size()) {
    const ssize_t n = write(fd_, lines.data() + done, lines.size() - done);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) {
      const absl::Status error = Error("write to");
      if (ftruncate(fd_, before) != 0) return Error("truncate after a failed write");
      return error;
    }
    done += static_cast<size_t>(n);
  }
  scanned_ += static_cast<int64_t>(lines.size());
  return absl::OkStatus();
}

absl::Status LogFile::Sync() { return fdatasync(fd_) == 0 ? absl::OkStatus() : Error("sync"); }

void LogFile::AppendTime(base::WallTime time, std::string* out) {
  const int64_t millis = base::UnixMillis(time);
  // Lines of one second share the long part.
  thread_local int64_t cached_second = -1;
  thread_local char text[32];
  const int64_t second = millis / 1000;
  if (second != cached_second) {
    const std::time_t seconds = second;
    std::tm utc{};
    gmtime_r(&seconds, &utc);
    std::strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S.", &utc);
    cached_second = second;
  }
  const auto rest = static_cast<int>(millis % 1000);
  const char digits[] = {static_cast<char>('0' + rest / 100),
                         static_cast<char>('0' + rest / 10 % 10),
                         static_cast<char>('0' + rest % 10), 'Z'};
  out->append(text);
  out->append(digits, sizeof(digits));
}

void LogFile::AppendEscaped(std::string_view text, std::string* out) {
  for (size_t at = 0; at < text.size();) {
    const size_t special = text.find_first_of("\t\n\\", at);
    out->append(text.substr(at, special - at));
    if (special == text.npos) break;
    out->push_back('\\');
    out->push_back(text[special] == '\t' ? 't' : text[special] == '\n' ? 'n' : '\\');
    at = special + 1;
  }
}

}  // namespace trellis::output
