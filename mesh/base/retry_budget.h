#ifndef MESH_BASE_RETRY_BUDGET_H_
#define MESH_BASE_RETRY_BUDGET_H_

#include <algorithm>

namespace trellis::base {

// Keeps retries to a share of the calls, so that an outage is not multiplied: each call deposits
// `ratio`, each retry withdraws 1, the balance is capped at `max_tokens`, and it starts full.
// Source: gRFC A6 (retry throttling). Not thread-safe: one per reactor.
class RetryBudget {
 public:
  RetryBudget(double max_tokens, double ratio)
      : max_tokens_(max_tokens), ratio_(ratio), tokens_(max_tokens) {}

  void OnCall() { tokens_ = std::min(max_tokens_, tokens_ + ratio_); }
  // True when a retry may be made; takes its token.
  [[nodiscard]] bool TryWithdraw() {
    if (tokens_ < 1) return false;
    tokens_ -= 1;
    return true;
  }

 private:
  const double max_tokens_;
  const double ratio_;
  double tokens_;
};

}  // namespace trellis::base

#endif  // MESH_BASE_RETRY_BUDGET_H_
