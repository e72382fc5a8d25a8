#ifndef SERVICES_KEYTEST_GENERATOR_H_
#define SERVICES_KEYTEST_GENERATOR_H_

#include <boost/asio/any_io_executor.hpp>

#include "mesh/telemetry/metrics.h"
#include "services/keytest/run_board.h"
#include "services/keytest/wakeup.h"

namespace trellis::keytest {

struct GeneratorOptions {
  int batch = 500;  // keys in one round trip
  // Between looks for a run, and while Redis is away or another process generates.
  base::milliseconds idle{100};
  base::milliseconds call_timeout{2000};
};

// Writes the keys of the run that there is, whoever started it, each at its moment: which that is
// and which keys are written stand with the run, so that any process goes on where another one
// died. Belongs to the executor's reactor; references must outlive it.
class Generator {
 public:
  Generator(boost::asio::any_io_executor executor, KeyWriter& writer, telemetry::Metrics& metrics,
            GeneratorOptions options = {});
  void Start();
  // A run was started.
  void Wake() { wakeup_.Wake(); }
  // True when it has ended before the deadline.
  [[nodiscard]] boost::asio::awaitable<bool> Stop(base::Deadline deadline);

 private:
  boost::asio::awaitable<void> Loop();

  const boost::asio::any_io_executor executor_;
  KeyWriter& writer_;
  const GeneratorOptions options_;
  Wakeup wakeup_;
  bool running_ = false;
  bool stopping_ = false;
  telemetry::Counter& written_;
  telemetry::Counter& failures_;
};

}  // namespace trellis::keytest

#endif  // SERVICES_KEYTEST_GENERATOR_H_
