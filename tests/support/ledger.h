#ifndef TESTS_SUPPORT_LEDGER_H_
#define TESTS_SUPPORT_LEDGER_H_

#include <mutex>
#include <ostream>
#include <string>
#include <unordered_map>
#include <vector>

#include "tests/support/output_file.h"

namespace trellis::testing {

// What became of the messages of a run, counted as Jepsen's total-queue checker does
// (jepsen.checker/total-queue).
struct Verdict {
  int attempted = 0;     // sent
  int acknowledged = 0;  // of these, answered with success
  int processed = 0;     // attempted ones with at least one line
  int lost = 0;          // acknowledged, not processed, not set aside (dead, purged)
  int duplicated = 0;    // lines beyond the first of a message or an id
  int unexpected = 0;    // lines whose message nobody sent, and malformed lines
  int recovered = 0;     // not acknowledged, processed all the same: the answer was lost
  int set_aside = 0;     // acknowledged, and said to be dead
  std::vector<std::string> examples;  // some of the bad ones, each with what is wrong

  // What at-least-once delivery with one line for each job promises.
  [[nodiscard]] bool Good() const { return lost == 0 && duplicated == 0 && unexpected == 0; }
};

std::ostream& operator<<(std::ostream& out, const Verdict& verdict);

// Keeps account of every message that was sent. Each must be sent once and be unlike all others.
// Thread-safe.
class Ledger {
 public:
  // Before it is sent.
  void Attempt(const std::string& message);
  // After the answer. `id`: of the job; empty when it is not known.
  void Acknowledge(const std::string& message, const std::string& id);
  // It is accounted for without a line.
  void SetAside(const std::string& message);

  [[nodiscard]] int acknowledged() const;
  [[nodiscard]] Verdict Judge(const OutputFile& output) const;

 private:
  struct Entry {
    bool acknowledged = false;
    bool set_aside = false;
    std::string id;
  };
  mutable std::mutex mutex_;
  std::unordered_map<std::string, Entry> entries_;
  int acknowledged_ = 0;
};

}  // namespace trellis::testing

#endif  // TESTS_SUPPORT_LEDGER_H_
