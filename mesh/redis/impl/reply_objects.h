#ifndef MESH_REDIS_IMPL_REPLY_OBJECTS_H_
#define MESH_REDIS_IMPL_REPLY_OBJECTS_H_

#include <memory>

struct redisReader;
struct redisReply;

namespace trellis::redis::impl {

// hiredis' parser, but what it makes takes one allocation a value and not two: the text of a string
// and the list of an array's elements lie behind the value itself. For pages of posts allocations
// are a good part of the work. Values so made end by FreeReply, never by freeReplyObject.
struct FreeReader {
  void operator()(redisReader* reader) const;
};
using ReaderPtr = std::unique_ptr<redisReader, FreeReader>;

[[nodiscard]] ReaderPtr MakeReader();

// With all its elements; null is nothing.
void FreeReply(void* reply);

}  // namespace trellis::redis::impl

#endif  // MESH_REDIS_IMPL_REPLY_OBJECTS_H_
