#include "clients/cli/load/progress.h"

#include <algorithm>
#include <chrono>
#include <ostream>

#include "clients/cli/load/figures.h"
#include "clients/cli/text.h"

namespace trellis::cli::load {
namespace {

constexpr size_t kBar = 20;
constexpr base::milliseconds kPeriod{200};
// Where the terminal's width is not known: it is err's, and only out's is.
constexpr size_t kColumns = 80;

}  // namespace

std::string ProgressLine(const Recorder::Progress& progress, const Plan& plan, size_t columns) {
  const double share = static_cast<double>(progress.ended) / static_cast<double>(plan.calls);
  const double shown = std::clamp(share, 0.0, 1.0);
  const auto full = static_cast<size_t>(shown * kBar);
  std::string percent = std::to_string(static_cast<int>(shown * 100));
  percent.insert(0, 3 - std::min<size_t>(3, percent.size()), ' ');
  std::string line = "[" + std::string(full, '#') + std::string(kBar - full, '.') + "] " + percent +
                     " %  " + Counted(progress.ended, "call") + ", " +
                     Counted(progress.errors, "error") + ", p99 " + FormatLatency(progress.p99);
  if (progress.seconds > 0) {
    const auto rate = static_cast<int64_t>(static_cast<double>(progress.ended) / progress.seconds);
    line += ", " + std::to_string(rate) + "/s";
  }
  return OneLine(line, columns);
}

ProgressBar::ProgressBar(const Recorder& recorder, const Plan& plan, Terminal& terminal)
    : recorder_(recorder), plan_(plan), terminal_(terminal) {
  if (!terminal_.err_is_tty || terminal_.environment("TERM") == "dumb") return;
  thread_ = std::thread([this] { Draw(); });
}

ProgressBar::~ProgressBar() {
  if (!thread_.joinable()) return;
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_one();
  thread_.join();
}

void ProgressBar::Draw() {
  const size_t columns = terminal_.width > 0 ? terminal_.width : kColumns;
  std::unique_lock lock(mutex_);
  // To the line's beginning and clear to its end (ECMA-48: CR, EL). One column is left free, since
  // some terminals wrap when the last one is written.
  while (!changed_.wait_for(lock, kPeriod, [this] { return stopping_; })) {
    const auto progress = recorder_.ProgressAt(std::chrono::steady_clock::now());
    terminal_.err << "\r" << ProgressLine(progress, plan_, columns - 1) << "\x1b[K" << std::flush;
  }
  terminal_.err << "\r\x1b[K" << std::flush;
}

}  // namespace trellis::cli::load
