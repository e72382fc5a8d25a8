#ifndef MESH_REDIS_REPLY_H_
#define MESH_REDIS_REPLY_H_

#include <cstdint>
#include <memory>
#include <string_view>

#include "mesh/base/status.h"

struct redisReply;

namespace trellis::redis {

// One value of a RESP2 answer, borrowed from the Reply that owns the whole answer. Reading a value
// as a type that it is not gives the empty one (0, "", no elements); scripts of ours return fixed
// shapes, so the reader need not check every step. Cheap to copy. Immutable.
class ReplyView {
 public:
  explicit ReplyView(const redisReply* reply) : reply_(reply) {}

  [[nodiscard]] bool IsNil() const;
  [[nodiscard]] bool IsError() const;
  // Integers, and strings that hold one.
  [[nodiscard]] int64_t Integer() const;
  // Strings, simple strings and errors. Lives as long as the Reply.
  [[nodiscard]] std::string_view Text() const;
  // Elements of an array; 0 for everything else.
  [[nodiscard]] size_t size() const;
  // Nil beyond size().
  [[nodiscard]] ReplyView operator[](size_t i) const;

 private:
  const redisReply* reply_;
};

// Owns one answer. Movable; an empty Reply reads as nil.
class Reply {
 public:
  Reply() = default;
  // Takes what a reader of impl::MakeReader made.
  explicit Reply(redisReply* owned) : owned_(owned) {}
  // From RESP2 bytes; for fakes and tests. INVALID_ARGUMENT when they are not one whole value.
  [[nodiscard]] static absl::StatusOr<Reply> FromResp(std::string_view bytes);

  [[nodiscard]] ReplyView view() const { return ReplyView(owned_.get()); }
  [[nodiscard]] bool IsNil() const { return view().IsNil(); }
  [[nodiscard]] int64_t Integer() const { return view().Integer(); }
  [[nodiscard]] std::string_view Text() const { return view().Text(); }
  [[nodiscard]] size_t size() const { return view().size(); }
  [[nodiscard]] ReplyView operator[](size_t i) const { return view()[i]; }
  // Takes an element out, which leaves nil in its place; nil beyond size().
  [[nodiscard]] Reply Take(size_t i);

 private:
  struct Free {
    void operator()(redisReply* reply) const;
  };
  std::unique_ptr<redisReply, Free> owned_;
};

// The status of an error that Redis answered: UNAVAILABLE for states that pass (LOADING,
// CLUSTERDOWN, MASTERDOWN, READONLY, TRYAGAIN, BUSY), RESOURCE_EXHAUSTED for OOM, UNAUTHENTICATED
// and PERMISSION_DENIED for ACL, NOT_FOUND for NOSCRIPT, otherwise INTERNAL. The message keeps
// Redis' text.
[[nodiscard]] absl::Status StatusFromError(std::string_view error);

}  // namespace trellis::redis

#endif  // MESH_REDIS_REPLY_H_
