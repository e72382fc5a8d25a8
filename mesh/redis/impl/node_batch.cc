#include <algorithm>

#include "mesh/redis/impl/cluster_call.h"

namespace trellis::redis::impl {

NodeBatch::NodeBatch(std::shared_ptr<ClusterCall> call, Link& link, size_t most)
    : call_(std::move(call)), link_(link) {
  expected_.reserve(most);
}

bool NodeBatch::ExpectLoad(const Script* script) {
  if (std::find(loaded_.begin(), loaded_.end(), script) != loaded_.end()) return false;
  loaded_.push_back(script);
  expected_.push_back(kLoad);
  return true;
}

void NodeBatch::OnReply(Reply reply) {
  const int32_t to = expected_[next_++];
  if (to >= 0) {
    call_->OnReply(static_cast<size_t>(to), std::move(reply), link_, load_status_);
  } else if (to == kCheck) {
    link_.Checked(reply);
  } else if (to == kLoad && reply.view().IsError()) {
    load_status_ = StatusFromError(reply.Text());
  }
}

void NodeBatch::OnEnd(absl::Status status) {
  ClusterCore& core = *call_->core_;
  const bool late = status.code() == absl::StatusCode::kDeadlineExceeded;
  core.observer().OnOutstanding(-static_cast<int>(expected_.size()));
  if (!status.ok()) {
    const auto lost = static_cast<int>(expected_.size() - next_);
    core.observer().OnNodeError(late ? NodeError::kTimeout : NodeError::kLost, lost);
    for (size_t i = next_; i < expected_.size(); ++i) {
      if (expected_[i] >= 0) call_->OnLost(static_cast<size_t>(expected_[i]), status);
    }
    if (!core.closed()) core.WantRefresh();
  }
  // Where the connection is gone, the link may be, too.
  if (!core.closed() && (late || status.ok())) link_.suspect = late;
  call_->Continue();
}

}  // namespace trellis::redis::impl
