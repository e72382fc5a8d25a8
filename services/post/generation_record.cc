#include "services/post/generation_record.h"

#include <charconv>

namespace trellis::post {
namespace {

// Takes the number that `text` starts with and the blank behind it.
template <typename Number>
bool TakeNumber(std::string_view* text, Number* number) {
  const char* end = text->data() + text->size();
  const auto [at, error] = std::from_chars(text->data(), end, *number);
  if (error != std::errc() || at == end || *at != ' ') return false;
  text->remove_prefix(static_cast<size_t>(at - text->data()) + 1);
  return true;
}

}  // namespace

std::string GenerationRecord::Format() const {
  return std::to_string(generation) + " " + std::to_string(stamp) + " " + nonce;
}

GenerationRecord ParseGenerationRecord(std::string_view text) {
  GenerationRecord record;
  if (!TakeNumber(&text, &record.generation) || !TakeNumber(&text, &record.stamp)) return {};
  record.nonce = text;
  return record;
}

}  // namespace trellis::post
