#include "services/post/datagen/progress.h"

#include <algorithm>
#include <cmath>

namespace trellis::post::datagen {
namespace {

constexpr int kWidth = 30;
constexpr std::chrono::seconds kBetweenLines(2);

// 1234567 as 1,234,567.
std::string Grouped(int64_t number) {
  std::string text = std::to_string(number);
  for (int i = static_cast<int>(text.size()) - 3; i > 0; i -= 3) {
    text.insert(static_cast<size_t>(i), ",");
  }
  return text;
}

}  // namespace

Progress::Progress(FILE* out, bool terminal, int64_t total, int64_t done, const base::Clock& clock)
    : out_(out),
      terminal_(terminal),
      total_(total),
      before_(done),
      clock_(clock),
      begin_(clock.Now()),
      shown_(begin_) {}

std::string Progress::Text(int64_t done) const {
  const double share = total_ == 0 ? 1 : static_cast<double>(done) / static_cast<double>(total_);
  const double seconds = std::chrono::duration<double>(clock_.Now() - begin_).count();
  const double rate = seconds > 0 ? static_cast<double>(done - before_) / seconds : 0;
  std::string text;
  if (terminal_) {
    const auto full = static_cast<size_t>(share * kWidth);
    text = "[" + std::string(full, '#') + std::string(kWidth - full, '.') + "] ";
  }
  text += std::to_string(static_cast<int>(share * 100)) + " %  " + Grouped(done) + " of " +
          Grouped(total_) + " posts";
  if (rate >= 1) text += "  " + Grouped(std::llround(rate)) + "/s";
  if (rate >= 1 && done < total_) {
    text +=
        "  " + std::to_string(std::llround(static_cast<double>(total_ - done) / rate)) + " s left";
  }
  return text;
}

void Progress::Show(int64_t done) {
  if (!terminal_ && (done == total_ || clock_.Now() - shown_ < kBetweenLines)) return;
  shown_ = clock_.Now();
  if (terminal_) {
    std::fprintf(out_, "\r%s\033[K", Text(done).c_str());
  } else {
    std::fprintf(out_, "%s\n", Text(done).c_str());
  }
  std::fflush(out_);
}

void Progress::End(int64_t done) {
  std::fprintf(out_, terminal_ ? "\r%s\033[K\n" : "%s\n", Text(done).c_str());
  std::fflush(out_);
}

}  // namespace trellis::post::datagen
