#ifndef MESH_BASE_TESTING_SUBPROCESS_H_
#define MESH_BASE_TESTING_SUBPROCESS_H_

#include <sys/types.h>

#include <map>
#include <string>
#include <vector>

#include "mesh/base/deadline.h"

namespace trellis::base::testing {

// A child process of a test, with its output in a file. It dies with the test process, however that
// ends. Not thread-safe. The destructor kills it.
class Subprocess {
 public:
  struct Options {
    std::vector<std::string> argv;                 // argv[0] is looked up in PATH
    std::map<std::string, std::string> variables;  // added to the environment
    std::string output_path;                       // stdout and stderr; appended to
  };
  explicit Subprocess(Options options);
  ~Subprocess();
  Subprocess(const Subprocess&) = delete;
  Subprocess& operator=(const Subprocess&) = delete;

  void Start();
  // SIGSTOP: returns when all threads stand still, which is a moment later.
  void Signal(int signal) const;
  // Kills with SIGKILL and reaps.
  void Kill();
  // SIGTERM, then waits; SIGKILL when it takes longer. The exit code, or -signal.
  int Terminate(milliseconds patience = milliseconds(15000));
  // Waits for the end. False when it has not ended in time.
  [[nodiscard]] bool Wait(milliseconds patience, int* exit_code);

  [[nodiscard]] bool running();
  [[nodiscard]] pid_t pid() const { return pid_; }
  // What it has printed so far.
  [[nodiscard]] std::string Output() const;

 private:
  const Options options_;
  pid_t pid_ = 0;
  int exit_code_ = 0;
};

// A directory of its own under the system's temporary one, deleted with what is in it.
class TempDir {
 public:
  TempDir();
  ~TempDir();
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;
  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] std::string File(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

// A TCP port of loopback that was free a moment ago and may be anybody's now: for addresses that
// nobody serves.
[[nodiscard]] int FreePort();

// A TCP port of loopback that is free and below the range from which the kernel takes the ports of
// outgoing connections: nobody gets it by chance while its server is down for a while, and a client
// that keeps connecting to it cannot end up connected to itself. It is this process' until it ends:
// no other test is given it, nor is it given twice.
[[nodiscard]] int StablePort();

[[nodiscard]] std::string ReadFile(const std::string& path);

// Lets some milliseconds pass.
void Pause();

// Calls `condition` every few milliseconds until it is true; false when the deadline came first.
template <typename Condition>
[[nodiscard]] bool WaitUntil(Condition condition, milliseconds patience = milliseconds(10000)) {
  const Deadline deadline = Deadline::After(patience);
  while (!condition()) {
    if (deadline.Expired()) return condition();
    Pause();
  }
  return true;
}

}  // namespace trellis::base::testing

#endif  // MESH_BASE_TESTING_SUBPROCESS_H_
