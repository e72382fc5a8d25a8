#ifndef SERVICES_POST_DATAGEN_ROWS_H_
#define SERVICES_POST_DATAGEN_ROWS_H_

#include <cstdint>
#include <string>
#include <vector>

namespace trellis::post::datagen {

// What is generated: who is the same run has the same rows.
struct Shape {
  int users = 100;
  int posts = 2'000'000;
  // The k-th user has a share of the posts that is proportional to k^-skew (Zipf): with 1.8 and 100
  // users the first has more than half of them. 0: all have the same.
  double skew = 1.8;
  int seed = 2;  // so that the last of the 2,000,000 is the first user's

  bool operator==(const Shape&) const = default;
};

// The generated posts, numbered from 1 on; each follows from the shape and its number alone, so
// that any part can be made at any time, and again. Thread-safe: constant.
class Rows {
 public:
  explicit Rows(const Shape& shape);

  // The place, from 0 on, of the user whose post it is.
  [[nodiscard]] size_t UserOf(int64_t number) const;
  [[nodiscard]] std::string Content(int64_t number, int64_t user_id) const;
  // Appends the row in the binary format of COPY (Postgres' manual, "COPY", File Formats), with the
  // columns of kColumns.
  void Append(int64_t number, int64_t id, int64_t user_id, int64_t version,
              std::string* buffer) const;
  static constexpr char kColumns[] = "id, user_id, content, generation, created_at, updated_at";
  // What comes before the first and after the last row.
  static void AppendHeader(std::string* buffer);
  static void AppendTrailer(std::string* buffer);

 private:
  const uint64_t seed_;
  std::vector<double> shares_;  // added up: the user is the first whose sum is above a number
};

}  // namespace trellis::post::datagen

#endif  // SERVICES_POST_DATAGEN_ROWS_H_
