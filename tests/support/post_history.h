#ifndef TESTS_SUPPORT_POST_HISTORY_H_
#define TESTS_SUPPORT_POST_HISTORY_H_

#include <map>
#include <string>
#include <vector>

#include "services/post/post.h"

namespace trellis::testing {

// What was done to the posts of some users and what was seen of them, and whether the two agree.
// Every change has the user's generation, so there is one order of a user's changes, and each
// generation is one state. Not thread-safe.
class PostHistory {
 public:
  enum class Kind { kCreate, kUpdate, kDelete };

  // A change that was committed, whether or not anybody was told.
  void Committed(Kind kind, int64_t user_id, int64_t generation, int64_t post_id,
                 const std::string& content);
  // A change that somebody was told has been made: what is read from now on must show it.
  void Acknowledged(int64_t user_id, int64_t generation);
  void Acknowledged(Kind kind, int64_t user_id, int64_t generation, int64_t post_id);

  // What a read that starts now must at least show.
  [[nodiscard]] int64_t Floor(int64_t user_id) const;
  struct PostFloor {
    int64_t version = 0;
    bool deleted = false;
  };
  [[nodiscard]] PostFloor FloorOf(int64_t post_id) const;

  struct Seen {
    int64_t id = 0;
    int64_t version = 0;
    std::string content;
    bool operator==(const Seen&) const = default;
  };
  struct PageRead {
    post::PageKey key;
    int64_t floor = 0;
    int64_t generation = 0;
    bool has_more = false;
    std::vector<Seen> posts;
  };
  void Read(PageRead read);
  // `seen` without a version: there was no such post.
  void Read(PostFloor floor, int64_t id, const Seen& seen);

  struct Verdict {
    int64_t reads = 0;
    int64_t changes = 0;
    int64_t stale = 0;  // older than what was acknowledged before
    int64_t wrong =
        0;  // a page that its generation never was, or a post that its version never was
    std::string first;  // what was found first
    [[nodiscard]] int64_t violations() const { return stale + wrong; }
  };
  // Goes through all users' generations in their order.
  [[nodiscard]] Verdict Judge() const;

 private:
  struct Change {
    Kind kind = Kind::kCreate;
    int64_t post_id = 0;
    std::string content;
  };
  struct PostRead {
    PostFloor floor;
    int64_t id = 0;
    Seen seen;
  };
  struct User {
    std::map<int64_t, Change> changes;
    std::multimap<int64_t, PageRead> reads;  // by the generation that they show
    int64_t floor = 0;
  };

  std::map<int64_t, User> users_;
  std::map<int64_t, PostFloor> floors_;
  std::vector<PostRead> post_reads_;
};

}  // namespace trellis::testing

#endif  // TESTS_SUPPORT_POST_HISTORY_H_
