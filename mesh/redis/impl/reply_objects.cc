#include "mesh/redis/impl/reply_objects.h"

#include <hiredis/hiredis.h>

#include <cstdlib>
#include <cstring>

namespace trellis::redis::impl {
namespace {

// A read buffer that has grown to this size is kept when it is empty: to give back what the next
// answers need again costs more than the memory.
constexpr size_t kKeptBuffer = 256 * 1024;

// A value with room behind it, put where its parent expects it; null without memory, which the
// reader reports.
redisReply* Make(const redisReadTask* task, int type, size_t extra) {
  auto* const reply = static_cast<redisReply*>(std::malloc(sizeof(redisReply) + extra));
  if (reply == nullptr) return nullptr;
  std::memset(reply, 0, sizeof(redisReply));
  reply->type = type;
  if (task->parent != nullptr) {
    static_cast<redisReply*>(task->parent->obj)->element[task->idx] = reply;
  }
  return reply;
}

void* MakeString(const redisReadTask* task, char* text, size_t size) {
  redisReply* const reply = Make(task, task->type, size + 1);
  if (reply == nullptr) return nullptr;
  reply->str = reinterpret_cast<char*>(reply + 1);
  reply->len = size;
  std::memcpy(reply->str, text, size);
  reply->str[size] = '\0';
  return reply;
}

void* MakeArray(const redisReadTask* task, int elements) {
  const auto count = static_cast<size_t>(elements);
  redisReply* const reply = Make(task, REDIS_REPLY_ARRAY, count * sizeof(redisReply*));
  if (reply == nullptr) return nullptr;
  reply->elements = count;
  reply->element = reinterpret_cast<redisReply**>(reply + 1);
  std::memset(reply->element, 0, count * sizeof(redisReply*));
  return reply;
}

void* MakeInteger(const redisReadTask* task, long long value) {
  redisReply* const reply = Make(task, REDIS_REPLY_INTEGER, 0);
  if (reply != nullptr) reply->integer = value;
  return reply;
}

void* MakeNil(const redisReadTask* task) { return Make(task, REDIS_REPLY_NIL, 0); }

}  // namespace

void FreeReply(void* value) {
  auto* const reply = static_cast<redisReply*>(value);
  if (reply == nullptr) return;
  for (size_t i = 0; i < reply->elements; ++i) FreeReply(reply->element[i]);
  std::free(reply);
}

void FreeReader::operator()(redisReader* reader) const { redisReaderFree(reader); }

ReaderPtr MakeReader() {
  static redisReplyObjectFunctions functions = {MakeString, MakeArray, MakeInteger, MakeNil,
                                                FreeReply};
  ReaderPtr reader(redisReaderCreateWithFunctions(&functions));
  if (reader != nullptr) reader->maxbuf = kKeptBuffer;
  return reader;
}

}  // namespace trellis::redis::impl
