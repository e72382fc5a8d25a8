#ifndef SERVICES_ORDER_TESTING_CALLS_H_
#define SERVICES_ORDER_TESTING_CALLS_H_

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "mesh/base/status.h"

namespace trellis::order::testing {

// What the fakes of a test were asked, in order, and what of it is to fail. One for all fakes, so
// that a test sees the order between ports. Single-threaded.
class Calls {
 public:
  // Writes the call down as "method subject"; what it is to answer.
  [[nodiscard]] absl::Status Enter(const std::string& method, const std::string& subject = {}) {
    made.push_back(subject.empty() ? method : method + " " + subject);
    const auto found = failures_.find(method);
    if (found == failures_.end() || found->second.times == 0) return absl::OkStatus();
    --found->second.times;
    return found->second.status;
  }
  // The next `times` calls of the method do nothing and answer this.
  void Fail(const std::string& method, absl::Status status, int times = 1) {
    failures_[method] = {std::move(status), times};
  }

  std::vector<std::string> made;

 private:
  struct Failure {
    absl::Status status;
    int times = 0;
  };
  std::map<std::string, Failure> failures_;
};

}  // namespace trellis::order::testing

#endif  // SERVICES_ORDER_TESTING_CALLS_H_
