#ifndef CLIENTS_CLI_LOAD_PROGRESS_H_
#define CLIENTS_CLI_LOAD_PROGRESS_H_

#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>

#include "clients/cli/load/recorder.h"
#include "clients/cli/terminal.h"

namespace trellis::cli::load {

// "[#######.............]  35 %  1400 calls, 2 errors, p99 12.3 ms, 200/s", cut to `columns` (0:
// not at all).
[[nodiscard]] std::string ProgressLine(const Recorder::Progress& progress, const Plan& plan,
                                       size_t columns);

// One line on err that is drawn over itself while the object lives, by a thread of its own so that
// a slow terminal delays no call, and is gone after. Nothing at all when err is no terminal. Nobody
// else may write to err meanwhile. Borrows all.
class ProgressBar {
 public:
  ProgressBar(const Recorder& recorder, const Plan& plan, Terminal& terminal);
  ~ProgressBar();
  ProgressBar(const ProgressBar&) = delete;
  ProgressBar& operator=(const ProgressBar&) = delete;

 private:
  void Draw();

  const Recorder& recorder_;
  const Plan plan_;
  Terminal& terminal_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool stopping_ = false;
  std::thread thread_;  // last, since it uses the others
};

}  // namespace trellis::cli::load

#endif  // CLIENTS_CLI_LOAD_PROGRESS_H_
