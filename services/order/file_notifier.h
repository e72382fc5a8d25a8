#ifndef SERVICES_ORDER_FILE_NOTIFIER_H_
#define SERVICES_ORDER_FILE_NOTIFIER_H_

#include "mesh/output/output_log.h"
#include "services/order/notifier.h"

namespace trellis::order {

// The built-in notifier: a line `time TAB order TAB text` in a file and a line in the log. The file
// has one line for each order, also when a send is tried again. Holds references.
class FileNotifier final : public Notifier {
 public:
  FileNotifier(output::OutputLog& log, const base::Clock& clock) : log_(log), clock_(clock) {}
  boost::asio::awaitable<absl::Status> Send(const Notification& notification) override;

 private:
  output::OutputLog& log_;
  const base::Clock& clock_;
};

}  // namespace trellis::order

#endif  // SERVICES_ORDER_FILE_NOTIFIER_H_
