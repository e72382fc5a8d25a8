#ifndef SERVICES_POST_GENERATION_RECORD_H_
#define SERVICES_POST_GENERATION_RECORD_H_

#include <cstdint>
#include <string>
#include <string_view>

namespace trellis::post {

// What Redis knows of a user's generation, at user:{<id>}:gen. Its text, "G stamp nonce", is what
// the scripts in lua/ compare and write.
struct GenerationRecord {
  // 0: not known, or there is no such user.
  int64_t generation = 0;
  // The incarnation of the node that Postgres' answer was first put to. Trusted there only: a
  // replica that was promoted, or a node that came back with an older file, may have missed a
  // write, and what it then holds carries another's stamp. 0: nobody's.
  uint64_t stamp = 0;
  // Makes each state of the record a text of its own, so that a compare-and-set sees a change even
  // if the record was lost and made again between.
  std::string nonce = {};

  [[nodiscard]] std::string Format() const;
  // True on the node with this incarnation, which is 0 when it is not known.
  [[nodiscard]] bool IsTrusted(uint64_t incarnation) const {
    return stamp != 0 && stamp == incarnation;
  }
};

// What is no record, such as an empty text, reads as one that nobody trusts.
[[nodiscard]] GenerationRecord ParseGenerationRecord(std::string_view text);

}  // namespace trellis::post

#endif  // SERVICES_POST_GENERATION_RECORD_H_
