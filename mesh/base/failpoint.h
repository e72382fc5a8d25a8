#ifndef MESH_BASE_FAILPOINT_H_
#define MESH_BASE_FAILPOINT_H_

namespace trellis::base {

// Marks a place where a crash hurts most: HitFailpoint("order.after-commit"). In builds with
// -DTRELLIS_FAILPOINTS=ON, a process with TRELLIS_FAILPOINT=<name>[:<n>] in its environment kills
// itself (SIGKILL) when it comes there for the n-th time (default 1). In others it does nothing.
// Thread-safe.
void HitFailpoint(const char* name);

}  // namespace trellis::base

#endif  // MESH_BASE_FAILPOINT_H_
